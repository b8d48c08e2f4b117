/**
 * Text of others, as it may be shown: nothing in it commands a terminal or reorders a line. Pure.
 *
 * @module
 */

/** Control characters, C1 among them, less newline and tab; what changes the direction of writing,
 * ends a line or marks a byte order; and halves of surrogate pairs. */
const INVISIBLE_REGEXP =
  /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** The text with `\u001b` for an escape, and so on. Within JSON, the JSON of the same value. */
export function visible(text: string): string {
  return text.replaceAll(
    INVISIBLE_REGEXP,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
