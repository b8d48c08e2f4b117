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
    throw new UsageError(`Cannot make ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
