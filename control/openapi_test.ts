import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { VERSION } from "../support/version.ts";
import { ROOT } from "../tests/kit/sources.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { openApiDocument } from "./openapi.ts";

Deno.test("docs/openapi.json is what the schemas say; run `deno task generate` after a change", async () => {
  const kept = JSON.parse(await Deno.readTextFile(join(ROOT, "docs/openapi.json")));
  assertEquals(kept, JSON.parse(JSON.stringify(openApiDocument(VERSION))));
});

Deno.test("every endpoint is in the document, once", () => {
  const paths = openApiDocument("1")["paths"] as Record<string, Record<string, unknown>>;
  const count = Object.values(paths).reduce((sum, each) => sum + Object.keys(each).length, 0);
  assertEquals(count, Object.keys(ENDPOINTS).length);
  assert(JSON.stringify(paths).includes("Idempotency-Key"));
});
