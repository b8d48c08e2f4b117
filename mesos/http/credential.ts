/**
 * Credentials for HTTP basic authentication. Pure.
 *
 * @module
 */

/** A principal and its secret. */
export interface Credential {
  /** The principal. */
  principal: string;
  /** Its secret. */
  secret: string;
}

/** The Authorization header of a credential; no header without one. */
export function authorization(credential: Credential | undefined): Record<string, string> {
  if (!credential) return {};
  const bytes = new TextEncoder().encode(`${credential.principal}:${credential.secret}`);
  return { Authorization: `Basic ${bytes.toBase64()}` };
}
