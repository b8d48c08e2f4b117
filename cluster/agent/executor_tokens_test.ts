import { assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import { authenticateExecutor, issueToken } from "./executor_tokens.ts";

const RUN = { frameworkId: "F", executorId: "E", containerId: "C" };
const KEY = { secret: "key", realm: "realm" };
const TOKEN = issueToken(RUN, KEY.secret);

Deno.test("issueToken() signs who the executor is as a JSON Web Token", () => {
  const [header = "", payload = "", signature] = TOKEN.split(".");
  assertEquals(
    [header, payload].map((part) => JSON.parse(atob(part))),
    [{ alg: "HS256", typ: "JWT" }, { fid: "F", eid: "E", cid: "C" }],
  );
  const expected = createHmac("sha256", "key").update(`${header}.${payload}`).digest("base64url");
  assertEquals(signature, expected);
});

Deno.test("authenticateExecutor() gives what a token proves", () => {
  assertEquals(authenticateExecutor(`Bearer ${TOKEN}`, KEY), { fid: "F", eid: "E", cid: "C" });
});

const INVALID = `Bearer realm="realm", error="invalid_token", error_description=`;

const CHALLENGES: [string, string | null, string][] = [
  ["no header", null, `Bearer realm="realm"`],
  ["no token", "Bearer", `${INVALID}"Malformed 'Authorization' header"`],
  ["too many words", "Bearer a b", `${INVALID}"Malformed 'Authorization' header"`],
  ["another scheme", `Basic ${TOKEN}`, `${INVALID}"Scheme 'Basic' unsupported"`],
  [
    "a token of another key",
    `Bearer ${issueToken(RUN, "another key")}`,
    `${INVALID}"Invalid JWT: Token signature does not match"`,
  ],
  [
    "a changed token",
    `Bearer ${TOKEN.replace(".", ".a")}`,
    `${INVALID}"Invalid JWT: Token signature does not match"`,
  ],
  ["what is no token", "Bearer a", `${INVALID}"Invalid JWT: Token signature does not match"`],
];

for (const [name, authorization, challenge] of CHALLENGES) {
  Deno.test(`authenticateExecutor() answers ${name} with a challenge`, () => {
    assertEquals(authenticateExecutor(authorization, KEY), { challenge });
  });
}
