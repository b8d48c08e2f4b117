/**
 * Options of the subcommands: one table each, from which arguments are read, checked and explained.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import type { z } from "zod";
import { optionVariable } from "../../scheduler/mesos_options.ts";
import { UsageError } from "../../support/usage_error.ts";

/** One option. */
export interface Option<Schema extends z.ZodType = z.ZodType> {
  /** What stands for the value in the help text; absent for one that takes no value. */
  readonly value?: string;
  /** For people. */
  readonly description: string;
  /** Reads the text, the list of texts where it may be repeated, or undefined where not given. */
  readonly schema: Schema;
  /** May be given several times. */
  readonly repeatable?: boolean;
  /** Other spellings. */
  readonly aliases?: readonly string[];
}

/** Options by name, in camel case: `killGrace` is `--kill-grace`. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The values of a table's options. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]["schema"]>;
};

/** The name as it is written: `killGrace` → `kill-grace`. */
export function optionName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads arguments; an option that is not among them is taken from the environment.
 *
 * @throws {UsageError} naming the option that is unknown, with the nearest known one, or wrong.
 */
export function parseOptions<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { options: OptionValues<Table>; positional: string[] } {
  const parsed = splitArguments(table, args);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(table)) {
    const name = optionName(key);
    const variable = optionVariable(name);
    const given = fromArguments(option, name, parsed[name]);
    values[key] = given === undefined
      ? check(option, variable, fromEnvironment(option, variable, environment[variable]))
      : check(option, `--${name}`, given);
  }
  // Each value is as the schema of its option made it; the type system can't follow the keys.
  return { options: values as OptionValues<Table>, positional: parsed._.map(String) };
}

function splitArguments(table: OptionTable, args: readonly string[]) {
  const entries = Object.entries(table).map(([key, option]) => ({
    name: optionName(key),
    aliases: [...option.aliases ?? []],
    option,
  }));
  const bySpelling = new Map(
    entries.flatMap(({ name, aliases, option }) =>
      [name, ...aliases].map((spelling) => [spelling, option] as const)
    ),
  );
  const names = (takesValue: boolean) =>
    entries.filter(({ option }) => (option.value !== undefined) === takesValue)
      .map(({ name }) => name);
  return parseArgs(joinValues(args, bySpelling), {
    string: ["_", ...names(true)],
    boolean: names(false),
    collect: names(true),
    alias: Object.fromEntries(entries.map(({ name, aliases }) => [name, aliases])),
    unknown: (arg) => {
      if (!arg.startsWith("-") || arg === "-") return true;
      const written = arg.replace(/=.*/s, "");
      const nearest = closestString(written.replace(/^-+/, ""), [...bySpelling.keys()]);
      throw new UsageError(`Unknown option ${written}; did you mean --${nearest}?`);
    },
  });
}

/**
 * Joins each value to its option, `--name=value`: the parser would take `-1` for an option, and
 * `--name` without a value as an empty one, which is never intended.
 */
function joinValues(args: readonly string[], bySpelling: ReadonlyMap<string, Option>): string[] {
  const words: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") return [...words, arg, ...rest];
    const [, name = "", joined] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? [];
    const option = bySpelling.get(name);
    if (option && option.value === undefined && joined !== undefined) {
      throw new UsageError(`--${name} takes no value`);
    }
    if (option?.value === undefined || joined !== undefined) {
      words.push(arg);
      continue;
    }
    const next = rest.shift();
    if (next === undefined || /^--./.test(next)) throw new UsageError(`--${name} needs a value`);
    words.push(`${arg}=${next}`);
  }
  return words;
}

/** The parser gives false and [] for options that were not given. */
function fromArguments(option: Option, name: string, given: unknown): unknown {
  if (!Array.isArray(given)) return given === false ? undefined : given;
  if (option.repeatable) return given.length === 0 ? undefined : given;
  // The last one would win silently: a file of jobs would be left out.
  if (given.length > 1) throw new UsageError(`--${name} is given more than once`);
  return given[0];
}

function fromEnvironment(option: Option, variable: string, text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  if (option.value !== undefined) return option.repeatable ? text.split(",") : text;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`${variable}: expected 1 or 0, got "${text}"`);
}

function check(option: Option, source: string, given: unknown): unknown {
  const parsed = option.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${source}: ${parsed.error.issues[0]?.message ?? "wrong value"}`);
}
