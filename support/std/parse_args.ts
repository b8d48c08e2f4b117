/**
 * `@std/cli/parse-args`, typed at the edge: only the options this project uses.
 *
 * @module
 */

import { parseArgs as untypedParseArgs } from "deno-std/cli/parse_args.js";

/** The definitions of options for {@linkcode parseArgs}. */
export interface ParseArgsOptions {
  /** Options that take a value; never turned into numbers. */
  readonly string: readonly string[];
  /** Options that take none. */
  readonly boolean: readonly string[];
  /** Options that may be repeated: their value is a list. */
  readonly collect: readonly string[];
  /** Other spellings: name → canonical name or names. */
  readonly alias: Readonly<Record<string, string | readonly string[]>>;
  /** Called for each argument that is not declared; returning false drops it. */
  readonly unknown: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Option name → value; `_` holds the positional arguments. */
export type ParsedArgs = Readonly<Record<string, unknown>> & {
  readonly _: readonly (string | number)[];
};

/** Splits an argument vector into options and positional arguments. */
export const parseArgs: (args: readonly string[], options: ParseArgsOptions) => ParsedArgs =
  // The package has no types.
  untypedParseArgs as unknown as typeof parseArgs;
