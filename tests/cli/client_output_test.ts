/**
 * The output of commands: all of it, and where its reader takes no more.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { quoteWords } from "../../support/shell_words.ts";
import { PROGRAM } from "../kit/program.ts";
import { ROOT } from "../kit/sources.ts";
import { Workplace } from "../kit/workplace.ts";

/** Runs a pipeline of bash in which `toil-mesos` is this program. */
async function pipeline(place: Workplace, script: string) {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: [
      "-c",
      `toil-mesos() { ${quoteWords(PROGRAM)} "$@"; }; ${script}`,
    ],
    cwd: place.path,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("a reader that has enough ends a command without a word", async () => {
  await using place = await Workplace.create();
  const script = "toil-mesos openapi | true; echo ${PIPESTATUS[0]}";
  assertEquals(await pipeline(place, script), {
    code: 0,
    stdout: "141\n",
    stderr: "",
  });
});

Deno.test("output that can't be written is a failure that is told", async () => {
  await using place = await Workplace.create();
  const { code, stderr } = await pipeline(place, "toil-mesos openapi >/dev/full");
  assertEquals([code, stderr], [
    1,
    "toil-mesos: Cannot write to standard output: No space left on device\n",
  ]);
});

Deno.test("toil-mesos openapi prints docs/openapi.json", async () => {
  await using place = await Workplace.create();
  const kept = await Deno.readTextFile(join(ROOT, "docs/openapi.json"));
  assertEquals(await place.run(["openapi"]), { code: 0, stdout: kept, stderr: "" });
});
