/**
 * Writes `messages.ts`, the TypeScript types of the `.proto` files: `deno task generate`.
 * A test compares the output with the file that is checked in.
 *
 * @module
 */

import protobuf from "protobufjs";
import { loadSchema } from "./protos/schema.ts";

const HEAD = `/**
 * The messages of Mesos' v1 API that this project speaks, as plain objects with the names of the
 * wire. Generated from mesos/wire/protos by \`deno task generate\`; do not edit.
 *
 * Numbers of 64 bits are JavaScript numbers, bytes are \`Uint8Array\`, an enum is the name of its
 * value. A field whose enum value this version does not know is absent.
 *
 * @module
 */

import type { AgentId, ExecutorId, FrameworkId, OfferId, TaskId } from "../ids.ts";
`;

/** Proto names that would shadow a global or be unclear in TypeScript. */
const RENAMED: Readonly<Record<string, string>> = { Resource: "MesosResource", URL: "MesosUrl" };

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  bytes: "Uint8Array",
  bool: "boolean",
  double: "number",
  int32: "number",
  int64: "number",
  uint32: "number",
  uint64: "number",
};

/** Messages that hold an id, and the type of its text. */
const IDS: Readonly<Record<string, string>> = {
  FrameworkID: "FrameworkId",
  OfferID: "OfferId",
  AgentID: "AgentId",
  TaskID: "TaskId",
  ExecutorID: "ExecutorId",
};

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function typeName(object: protobuf.ReflectionObject): string {
  const [first = "", ...rest] = object.fullName.replace(/^\.mesos\.v1\./, "").split(".");
  return (RENAMED[first] ?? capitalised(first)) + rest.join("");
}

function fieldType(field: protobuf.Field): string {
  const id = field.name === "value" && field.parent ? IDS[field.parent.name] : undefined;
  const type = field.resolvedType ? typeName(field.resolvedType) : id ?? SCALARS[field.type];
  if (type === undefined) throw new TypeError(`Cannot map the type of ${field.fullName}`);
  return field.repeated ? `${type}[]` : type;
}

function docs(comment: string | null, indent: string): string {
  return comment ? `${indent}/** ${comment.replaceAll(/\s+/g, " ")} */\n` : "";
}

function enumDeclaration(type: protobuf.Enum): string {
  const names = Object.keys(type.values).map((name) => `  | "${name}"`);
  return `${docs(type.comment, "")}export type ${typeName(type)} =\n${names.join("\n")};\n`;
}

function messageDeclaration(type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) => {
    const optional = field.required ? "" : "?";
    const orUndefined = field.required ? "" : " | undefined";
    const rule = field.required ? "required" : field.repeated ? "repeated" : "optional";
    const comment = docs(`${field.comment ?? ""} Field ${field.id}, ${rule}.`.trim(), "  ");
    return `${comment}  ${field.name}${optional}: ${fieldType(field)}${orUndefined};\n`;
  });
  const head = `${docs(type.comment, "")}export `;
  if (fields.length === 0) return `${head}type ${typeName(type)} = Record<string, never>;\n`;
  return `${head}interface ${typeName(type)} {\n${fields.join("")}}\n`;
}

function* declarations(namespace: protobuf.NamespaceBase): Generator<string> {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Type) yield messageDeclaration(object);
    if (object instanceof protobuf.Enum) yield enumDeclaration(object);
    if (object instanceof protobuf.Namespace) yield* declarations(object);
  }
}

/** The text of `messages.ts`, before formatting. */
export function generateMessages(): string {
  return [HEAD, ...declarations(loadSchema())].join("\n");
}

if (import.meta.main) {
  const path = new URL("./messages.ts", import.meta.url);
  await Deno.writeTextFile(path, generateMessages());
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path.pathname] }).spawn()
    .status;
}
