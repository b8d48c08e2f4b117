/**
 * Finds arguments that are not as they were given: Deno replaces bytes that are not UTF-8, and a
 * path would become that of another file.
 *
 * @module
 */

const REPLACEMENT = "\ufffd";

/**
 * The first argument in which bytes may have been replaced; undefined if all are as given.
 *
 * @param readCommandLine Gives the bytes of the whole command line.
 */
export function findGarbledArgument(
  args: readonly string[],
  readCommandLine: () => Uint8Array,
): string | undefined {
  const suspect = args.find((arg) => arg.includes(REPLACEMENT));
  return suspect !== undefined && !isUtf8(readCommandLine()) ? suspect : undefined;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
