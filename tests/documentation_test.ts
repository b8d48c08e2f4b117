/**
 * That all that the entry points export is documented.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** The command line is a program, not a library. */
const NO_LIBRARY = "./main.ts";

Deno.test("deno doc --lint accepts the entry points", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "doc",
      "--lint",
      ...Object.values<string>(exports).filter((path) => path !== NO_LIBRARY),
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "null",
  }).output();
  assertEquals(success ? "" : new TextDecoder().decode(stderr), "");
});
