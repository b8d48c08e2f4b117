/**
 * Writing and reading of small files that must be whole.
 *
 * @module
 */

import { dirname } from "node:path";

/** Writes a file so that readers, and a later start, find the old content or the new one. */
export function writeFileAtomically(path: string, content: Uint8Array): void {
  const temporary = `${path}.new`;
  Deno.writeFileSync(temporary, content);
  Deno.renameSync(temporary, path);
}

/** The same, in a directory that is made when it is not there. */
export function writeFileAndDirectories(path: string, content: Uint8Array): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  writeFileAtomically(path, content);
}

/** The content of a file; undefined where there is none. */
export function readFileIfPresent(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The names in a directory, sorted; none where there is no such directory, or a file. */
export function listDirectory(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    if (error instanceof NotFound || error instanceof NotADirectory) return [];
    throw error;
  }
}
