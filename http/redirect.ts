/**
 * Where an answer redirects to. Whether to go there is for its reader to decide: it knows whom it
 * trusts. Pure.
 *
 * @module
 */

/** Redirects followed one after the other: servers may point at each other. */
export const MAX_REDIRECTS = 5;

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The part of an answer that counts. */
export interface RedirectAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Lower-case header name → value. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The target of a redirect, `null` when it is not a URL; undefined for any other answer. */
export function redirectTarget(url: URL, answer: RedirectAnswer): URL | null | undefined {
  const { status, headers: { location } } = answer;
  if (!STATUSES.has(status) || location === undefined) return undefined;
  return URL.parse(location, url);
}

/** Where a URL leads, without what may be secret in it. */
export function placeOf(url: URL | null): string {
  if (!url) return "no URL";
  return url.host === "" ? url.protocol : `${url.protocol}//${url.host}`;
}
