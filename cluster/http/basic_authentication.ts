/**
 * HTTP basic authentication as libprocess does it. Pure.
 *
 * @see 3rdparty/libprocess/src/authenticator.cpp in Mesos
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import type { Credential } from "../../mesos/http/credential.ts";
import { unauthorized } from "./http_responses.ts";

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function proves(header: string | null, { principal, secret }: Credential): boolean {
  const [scheme, encoded = "", more] = header?.split(" ") ?? [];
  if (scheme !== "Basic" || more !== undefined) return false;
  const given = Buffer.from(encoded, "base64").toString();
  // Digests have the same length, so that the comparison takes constant time.
  return timingSafeEqual(digest(given), digest(`${principal}:${secret}`));
}

/** The error response to a request without the credential; undefined if it is authorized. */
export function authenticationError(
  request: Request,
  credential: Credential | undefined,
  realm: string,
): Response | undefined {
  if (!credential || proves(request.headers.get("Authorization"), credential)) return undefined;
  return unauthorized(`Basic realm="${realm}"`);
}
