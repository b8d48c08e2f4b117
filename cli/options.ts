/**
 * Options of the subcommands: one table each, from which arguments are read, checked and explained.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import type { z } from "zod";
import { optionVariable } from "../scheduler/mesos_options.ts";
import { UsageError } from "./usage_error.ts";

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
    const given = orAbsent(parsed[name]) ??
      fromEnvironment(option, environment[optionVariable(name)]);
    values[key] = check(option, name, given);
  }
  return {
    options: values as OptionValues<Table>,
    positional: parsed._.map(String),
  };
}

function splitArguments(table: OptionTable, args: readonly string[]) {
  const entries = Object.entries(table);
  const names = (keep: (option: Option) => boolean) =>
    entries.filter(([, option]) => keep(option)).map(([key]) => optionName(key));
  const known = entries.flatMap(([key, { aliases = [] }]) => [optionName(key), ...aliases]);
  const takesValue = new Set(
    entries.flatMap(([key, { value, aliases = [] }]) =>
      value === undefined ? [] : [optionName(key), ...aliases]
    ),
  );
  requireValues(args, takesValue);
  return parseArgs(args, {
    string: names(({ value }) => value !== undefined),
    boolean: names(({ value }) => value === undefined),
    collect: names(({ repeatable }) => repeatable === true),
    alias: Object.fromEntries(
      entries.map(([key, { aliases = [] }]) => [optionName(key), [...aliases]]),
    ),
    unknown: (arg) => {
      if (!arg.startsWith("-") || arg === "-") return true;
      const name = arg.replace(/^-+/, "").replace(/=.*/s, "");
      throw new UsageError(
        `Unknown option --${name}; did you mean --${closestString(name, known)}?`,
      );
    },
  });
}

/** The parser takes `--name` without a value as an empty one, which nobody means. */
function requireValues(args: readonly string[], takesValue: ReadonlySet<string>): void {
  args.forEach((arg, i) => {
    const name = /^--([^=]+)$/.exec(arg)?.[1];
    if (name === undefined || !takesValue.has(name)) return;
    const next = args[i + 1];
    if (next === undefined || /^--./.test(next)) throw new UsageError(`--${name} needs a value`);
  });
}

/** The parser gives false and [] for options that were not given. */
function orAbsent(given: unknown): unknown {
  return given === false || (Array.isArray(given) && given.length === 0) ? undefined : given;
}

function fromEnvironment(option: Option, text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  if (option.value === undefined) return /^(1|true|yes)$/i.test(text);
  return option.repeatable ? text.split(",") : text;
}

function check(option: Option, name: string, given: unknown): unknown {
  const parsed = option.schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--${name}: ${parsed.error.issues[0]?.message ?? "wrong value"}`);
}

/** The lines of a help text that explain the options. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([key, { value, description }]) => ({
    left: `  --${optionName(key)}${value === undefined ? "" : ` ${value}`}`,
    description,
  }));
  const width = Math.min(30, Math.max(...rows.map(({ left }) => left.length)) + 2);
  return rows.map(({ left, description }) =>
    left.length + 2 > width
      ? `${left}\n${" ".repeat(width)}${description}`
      : left.padEnd(width) + description
  ).join("\n");
}
