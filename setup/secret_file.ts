/**
 * Files that hold a secret.
 *
 * @module
 */

import { readFileBounded } from "../support/bounded_file.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

/** No secret is longer: it travels in a header. */
const MAX_SECRET_BYTES = 64 * 1024;

/** Read or written by others than the owner. */
const OTHERS = 0o077;

/**
 * Reads a secret: the content of the file without the newline at its end.
 *
 * @throws {UsageError} when it can't be read, or others than the owner can read it.
 */
export function readSecretFile(path: string): string {
  let secret: string;
  try {
    const mode = Deno.statSync(path).mode ?? 0;
    if ((mode & OTHERS) !== 0) {
      throw new UsageError(
        `Cannot use ${path}: others than its owner may read it; run chmod 600 on it`,
      );
    }
    secret = new TextDecoder().decode(readFileBounded(path, MAX_SECRET_BYTES)).replace(
      /\r?\n$/,
      "",
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (secret === "") throw new UsageError(`Cannot use ${path}: it is empty`);
  return secret;
}
