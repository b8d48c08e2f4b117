/**
 * Tokens that authenticate executors: JSON Web Tokens signed with HMAC-SHA-256, as Mesos'
 * agents issue them.
 *
 * @see src/authentication/executor/jwt_secret_generator.cpp in Mesos
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Run } from "./core/agent_effects.ts";

export interface ExecutorClaims {
  fid: string;
  eid: string;
  cid: string;
}

function sign(text: string, secret: string): string {
  return createHmac("sha256", secret).update(text).digest("base64url");
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

export function issueToken({ frameworkId, executorId, containerId }: Run, secret: string): string {
  const claims: ExecutorClaims = { fid: frameworkId, eid: executorId, cid: containerId };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${sign(text, secret)}`;
}

function readToken(token: string, secret: string): ExecutorClaims | undefined {
  const [header = "", payload = "", signature = "", more] = token.split(".");
  const expected = Buffer.from(sign(`${header}.${payload}`, secret));
  const given = Buffer.from(signature);
  if (more !== undefined || expected.length !== given.length) return undefined;
  if (!timingSafeEqual(expected, given)) return undefined;
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as ExecutorClaims;
}

/** The claims of a request, or the challenge with which to refuse it. */
export function authenticateExecutor(
  authorization: string | null,
  { secret, realm }: { secret: string; realm: string },
): ExecutorClaims | { challenge: string } {
  const challenge = `Bearer realm="${realm}"`;
  if (authorization === null) return { challenge };
  const refuse = (description: string) => ({
    challenge: `${challenge}, error="invalid_token", error_description="${description}"`,
  });
  const [scheme, token, more] = authorization.split(" ");
  if (token === undefined || more !== undefined) return refuse("Malformed 'Authorization' header");
  if (scheme !== "Bearer") return refuse(`Scheme '${scheme}' unsupported`);
  return readToken(token, secret) ?? refuse("Invalid JWT: Token signature does not match");
}
