/**
 * Credentials for HTTP basic authentication. Pure.
 *
 * @module
 */

/** Who a client is, and how it proves it. */
export interface Credential {
  /** The principal. */
  principal: string;
  /** Its secret. */
  secret: string;
}

/** The header by which a request proves a credential; no header without one. */
export function authorization(credential: Credential | undefined): Record<string, string> {
  if (!credential) return {};
  const bytes = new TextEncoder().encode(`${credential.principal}:${credential.secret}`);
  return { Authorization: `Basic ${bytes.toBase64()}` };
}
