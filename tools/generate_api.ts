/**
 * Generates docs/reference/api.txt, the names and signatures that the entry points export, from
 * `deno doc --json`: `deno task generate`. A change of it is a change of the API.
 *
 * @module
 */

import { join } from "node:path";
import config from "../deno.json" with { type: "json" };
import { ROOT } from "../tests/kit/sources.ts";

/** The page, relative to the root. */
export const API_PAGE = "docs/reference/api.txt";

/** The command line is a program, not a library. */
const PROGRAM = "./cli";

/** A part of the output of `deno doc`, which has no types of its own. */
// deno-lint-ignore no-explicit-any
type Doc = any;

/** What a program that uses the API does not see. */
const HIDDEN = ["private", "protected"];

async function documentation(path: string): Promise<Doc[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values<Doc>(nodes).flatMap(({ symbols }) => symbols);
}

function typeText(type: Doc): string {
  if (!type) return "void";
  const { kind, value, repr } = type;
  switch (kind) {
    case "array":
      return `${typeText(value)}[]`;
    case "union":
      return value.map(typeText).join(" | ");
    case "intersection":
      return value.map(typeText).join(" & ");
    case "typeRef":
      return value.typeName + (value.typeParams ? `<${value.typeParams.map(typeText)}>` : "");
    case "typeOperator":
      return `${value.operator} ${typeText(value.tsType)}`;
    case "indexedAccess":
      return `${typeText(value.objType)}[${typeText(value.indexType)}]`;
    case "fnOrConstructor":
      return `(${parameters(value)}) => ${typeText(value.tsType)}`;
    case "typeLiteral":
      return `{ ${[...members(value)].join("; ")} }`;
    case "literal":
      return repr ?? JSON.stringify(value);
    case "tuple":
      return `[${value.map(typeText)}]`;
    default:
      return repr || (typeof value === "string" ? value : kind);
  }
}

function parameter(given: Doc): string {
  const { kind, name, optional, tsType, left } = given;
  if (kind === "assign") return parameter({ ...left, optional: true });
  if (kind === "rest") return `...${parameter({ tsType, ...given.arg })}`;
  return `${name ?? "options"}${optional ? "?" : ""}: ${typeText(tsType)}`;
}

function parameters({ params = [] }: Doc): string {
  return params.map(parameter).join(", ");
}

/** The members of a class, an interface or an object type. */
function* members(definition: Doc): Generator<string> {
  for (const { params } of definition.constructors ?? []) {
    yield `constructor(${parameters({ params })})`;
  }
  for (const each of definition.properties ?? []) {
    if (HIDDEN.includes(each.accessibility)) continue;
    const modifiers = `${each.isStatic ? "static " : ""}${each.readonly ? "readonly " : ""}`;
    yield `${modifiers}${each.name}${each.optional ? "?" : ""}: ${typeText(each.tsType)}`;
  }
  for (const each of definition.methods ?? []) {
    if (HIDDEN.includes(each.accessibility)) continue;
    const { params, returnType } = each.functionDef ?? each;
    const accessor = each.kind === "getter" ? "get " : each.kind === "setter" ? "set " : "";
    const modifiers = `${each.isStatic ? "static " : ""}${accessor}`;
    yield `${modifiers}${each.name}(${parameters({ params })}): ${typeText(returnType)}`;
  }
}

function signature(name: string, { kind, def }: Doc): string[] {
  const head = `${kind} ${name}`;
  switch (kind) {
    case "function":
      return [`${head}(${parameters(def)}): ${typeText(def.returnType)}`];
    case "typeAlias":
      return [`${head} = ${typeText(def.tsType)}`];
    case "variable":
      return [`${head}: ${typeText(def.tsType)}`];
    default: {
      const parents = [def.extends ?? [], def.implements ?? []].flat()
        .map((each: Doc) => typeof each === "string" ? each : typeText(each));
      const from = parents.length > 0 ? ` from ${parents.join(", ")}` : "";
      return [`${head}${from}`, ...[...members(def)].map((member) => `  ${member}`)];
    }
  }
}

/** The text of the page. */
export async function generateApiPage(): Promise<string> {
  const lines: string[] = [];
  for (const [entry, path] of Object.entries(config.exports)) {
    if (entry === PROGRAM) continue;
    const symbols = await documentation(path);
    const signatures = symbols.toSorted((a, b) => a.name < b.name ? -1 : 1)
      .flatMap(({ name, declarations }) =>
        declarations.flatMap((each: Doc) => signature(name, each))
      );
    lines.push(`# ${join(config.name, entry)}`, ...signatures, "");
  }
  return lines.join("\n");
}

if (import.meta.main) await Deno.writeTextFile(join(ROOT, API_PAGE), await generateApiPage());
