import { assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import { authenticateExecutor, issueToken } from "./executor_tokens.ts";

const RUN = { frameworkId: "F", executorId: "E", containerId: "C" };
const SECRET = "key";
const TOKEN = issueToken(RUN, SECRET);

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
  assertEquals(authenticateExecutor(`Bearer ${TOKEN}`, SECRET), { fid: "F", eid: "E", cid: "C" });
});

const REFUSED: [string, string | undefined][] = [
  ["no header", undefined],
  ["no token", "Bearer"],
  ["too many words", "Bearer a b"],
  ["another scheme", `Basic ${TOKEN}`],
  ["a token of another key", `Bearer ${issueToken(RUN, "another key")}`],
  ["a changed token", `Bearer ${TOKEN.replace(".", ".a")}`],
  ["a word that is no token", "Bearer a"],
];

for (const [name, authorization] of REFUSED) {
  Deno.test(`authenticateExecutor() refuses ${name}`, () => {
    assertEquals(authenticateExecutor(authorization, SECRET), undefined);
  });
}
