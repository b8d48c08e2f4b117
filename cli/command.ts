/**
 * What a subcommand is.
 *
 * @module
 */

import type { OptionTable } from "./options/parse_options.ts";
import type { System } from "./system.ts";

/** A subcommand. */
export interface Command {
  /** Its name. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** What follows the name, such as `--endpoint E [options]`. */
  readonly usage: string;
  /** More, for its own help text. */
  readonly details?: string;
  /** What its exit codes mean. */
  readonly exitCodes: string;
  /** Its options. */
  readonly options: OptionTable;
  /**
   * Runs it; resolves to the exit code.
   *
   * @throws {UsageError} when it can't be run like that.
   */
  run(args: readonly string[], system: System): Promise<number>;
}
