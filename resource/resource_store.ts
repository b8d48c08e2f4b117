/**
 * The store from which nodes fetch user scripts; in Toil's terms, the part of a job store that
 * keeps shared files.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { UserScriptError } from "./resource_errors.ts";

/** Stores files by name and provides URLs from which they can be fetched. */
export interface ResourceStore {
  /**
   * Stores a content under a name, replacing the old one. Readers see the old or the new
   * content, never a part; if the content fails, the old one remains.
   *
   * @throws {UserScriptError} when the name is not a plain file name.
   * @throws {Error} of the content or the disk.
   */
  writeSharedFileStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Returns the URL at which any node can fetch the content of a name.
   *
   * @throws {UserScriptError} when the name is not in the store.
   */
  getSharedPublicUrl(name: string): Promise<string>;
  /** Releases the store's resources. Idempotent. */
  close(): Promise<void>;
}

const PLAIN_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/;

/** Rejects a name that is a path. */
export function checkSharedFileName(name: string): void {
  if (PLAIN_NAME.test(name)) return;
  const message = `Cannot store ${JSON.stringify(name)}: it is not a plain file name`;
  throw new UserScriptError(message, { path: name });
}

/** The error for a name that is not in the store. */
export function notStored(name: string): UserScriptError {
  return new UserScriptError(`Cannot find ${name}: it is not in the store`, { path: name });
}

/** Writes a temporary file and renames it when complete. */
export async function writeAtomically(
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    await Deno.writeFile(temporary, ReadableStream.from(content), { createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // the file may not exist yet
    throw error;
  }
}
