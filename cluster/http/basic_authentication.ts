/**
 * HTTP basic authentication as libprocess does it. Pure.
 *
 * @see 3rdparty/libprocess/src/authenticator.cpp in Mesos
 * @module
 */

import { Buffer } from "node:buffer";

/** The principal that a request proves to be. */
export function authenticate(
  request: Request,
  credentials: Readonly<Record<string, string>>,
): string | undefined {
  const [scheme, encoded, more] = request.headers.get("Authorization")?.split(" ") ?? [];
  if (scheme !== "Basic" || encoded === undefined || more !== undefined) return undefined;
  const text = new TextDecoder().decode(Buffer.from(encoded, "base64"));
  const [principal = "", secret, rest] = text.split(":");
  const known = Object.hasOwn(credentials, principal) ? credentials[principal] : undefined;
  return known !== undefined && known === secret && rest === undefined ? principal : undefined;
}
