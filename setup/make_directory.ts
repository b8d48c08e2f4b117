/**
 * Directories that the user names and that need not be there yet.
 *
 * @module
 */

import { resolve } from "node:path";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

/**
 * Makes a directory, and those above it.
 *
 * @throws {UsageError} naming it as the user did, when it can't be made.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(resolve(path), { recursive: true });
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AlreadyExists;
    const reason = isTaken ? "something other than a directory is there" : reasonOf(error);
    throw new UsageError(`Cannot make the directory ${path}: ${reason}`, { cause: error });
  }
}
