/**
 * Small files that may not exist, such as those of /proc and /sys.
 *
 * @module
 */

/** Reads a text file; undefined if it does not exist or can't be read. */
export type ReadText = (path: string) => string | undefined;

/** Reads it from the file system. */
export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
