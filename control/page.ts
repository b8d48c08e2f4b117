/**
 * The page that shows a scheduler in a browser: one document, whose style and script are in it and
 * are the only ones that its policy lets run.
 *
 * @module
 */

import { createHash } from "node:crypto";
import document from "./page.html" with { type: "text" };
import script from "./page_script.js" with { type: "text" };

const SCRIPT_TAG = '<script src="page.js"></script>';

/** The document. */
export const PAGE: string = document.replace(SCRIPT_TAG, () => `<script>${script}</script>`);

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const [, style = ""] = /<style>(.*?)<\/style>/s.exec(document) ?? [];

/** What goes with it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
