/**
 * Words for a shell. Pure.
 *
 * @module
 */

/** A command of which the shell takes each word as it is. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}
