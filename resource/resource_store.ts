/**
 * Where user scripts are put for the nodes to fetch; in Toil's words, the part of a job store that
 * keeps shared files.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { UserScriptError } from "./resource_errors.ts";

/** Keeps files under names, at URLs where they can be fetched. */
export interface ResourceStore {
  /**
   * Stores a content under a name, in place of what was there. Readers see the old or the new
   * content, never a part; if the content fails, the old one stays.
   *
   * @throws {UserScriptError} when the name is not a plain file name.
   * @throws {Error} of the content or the disk.
   */
  writeSharedFileStream(name: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * The URL at which any node can fetch what is stored under a name.
   *
   * @throws {UserScriptError} when nothing is.
   */
  getSharedPublicUrl(name: string): Promise<string>;
  /** Releases what the store holds open. Idempotent. */
  close(): Promise<void>;
}

const PLAIN_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/;

/** Names are those of files, so none may be a path. */
export function checkSharedFileName(name: string): void {
  if (PLAIN_NAME.test(name)) return;
  const message = `Cannot store ${JSON.stringify(name)}: it is not a plain file name`;
  throw new UserScriptError(message, { path: name });
}

/** The error for a name that nothing is stored under. */
export function notStored(name: string): UserScriptError {
  return new UserScriptError(`Cannot find ${name}: it is not in the store`, { path: name });
}

/** Writes a file beside its place, and moves it there when it is whole. */
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
    await Deno.remove(temporary).catch(() => {}); // it may not have got so far
    throw error;
  }
}
