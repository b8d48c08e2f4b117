/**
 * Shell quoting. Pure.
 *
 * @module
 */

/** Quotes words so that the shell passes each unchanged. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}
