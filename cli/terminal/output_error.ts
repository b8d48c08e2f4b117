/**
 * The failure to write what a command prints.
 *
 * @module
 */

import { reasonOf } from "../../support/reason.ts";

/** Standard output takes no more: its reader has closed the pipe, or its disk is full. */
export class OutputError extends Error {
  /** The name of this class. */
  override readonly name = "OutputError";
  /** The text is lost; the command can be repeated. */
  readonly retryable = false;
  /** Whether the reader has what it wants, as `head` does: no failure of the command. */
  readonly isClosedByReader: boolean;

  /**
   * Describes the failure.
   *
   * @param cause The system's error.
   */
  constructor(cause: unknown) {
    super(`Cannot write to standard output: ${reasonOf(cause)}`, { cause });
    this.isClosedByReader = cause instanceof Deno.errors.BrokenPipe;
  }
}
