/**
 * Small files that may not be there, such as those of /proc and /sys.
 *
 * @module
 */

/** Reads a text file; undefined when it is not there or can't be read. */
export type ReadText = (path: string) => string | undefined;

/** Reads it from the file system. */
export function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
