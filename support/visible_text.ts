/**
 * Escapes untrusted text, so that it can neither control a terminal nor reorder a line. Pure.
 *
 * @module
 */

/** Control characters including C1, except newline and tab; characters that change the text direction,
 * end a line or mark a byte order; and lone surrogates. */
const INVISIBLE_REGEXP =
  /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** Replaces such characters by escapes such as `\u001b`; JSON stays equivalent. */
export function visible(text: string): string {
  return text.replaceAll(
    INVISIBLE_REGEXP,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
