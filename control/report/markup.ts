/**
 * HTML and SVG out of template literals: what is put in is text, unless it was made here, and text
 * has no characters that no document may hold, or that reorder it. Pure.
 *
 * @module
 */

import { visible } from "../../support/visible_text.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of a document. */
export class Markup {
  /** The piece. */
  readonly text: string;

  /** Takes it as it is. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What a piece can be made of. */
export type Content = string | number | Markup | readonly Content[];

/** Makes a piece of a document. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    parts.map((part, i) => part + (i < contents.length ? textOf(contents[i] ?? "") : "")).join(""),
  );
}

function textOf(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === "number") return String(content);
  if (typeof content === "string") {
    return visible(content).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
  }
  return content.map(textOf).join("");
}
