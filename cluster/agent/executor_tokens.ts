/**
 * Tokens that authenticate executors: JSON Web Tokens signed with HMAC-SHA-256, as Mesos' agents
 * issue them.
 *
 * @see src/authentication/executor/jwt_secret_generator.cpp in Mesos
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Run } from "./core/agent_effects.ts";

const claimsSchema = z.object({ fid: z.string(), eid: z.string(), cid: z.string() });
export type ExecutorClaims = z.infer<typeof claimsSchema>;

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

/** The claims of a token in an `Authorization` header; undefined if it proves nothing. */
export function authenticateExecutor(
  authorization: string | undefined,
  secret: string,
): ExecutorClaims | undefined {
  const [, header, payload = "", signature = ""] =
    /^Bearer ([^. ]+)\.([^. ]+)\.([^. ]+)$/.exec(authorization ?? "") ?? [];
  const expected = Buffer.from(sign(`${header}.${payload}`, secret));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  return claimsSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
}
