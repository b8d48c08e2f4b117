/**
 * That everything which can be imported is documented.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { shippedPaths } from "./sources.ts";

Deno.test("deno doc --lint has nothing to say", async () => {
  // The command line is no library: its option tables are made of another library's types.
  const paths = shippedPaths().filter((path) => !path.startsWith("cli/"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...paths],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  assertEquals(success ? "" : new TextDecoder().decode(stderr), "");
});
