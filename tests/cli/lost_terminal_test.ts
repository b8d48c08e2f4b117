/**
 * A scheduler whose terminal goes away, as that of a closed window or a broken SSH connection.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { quoteWords } from "../../support/shell_words.ts";
import { PROGRAM } from "../kit/program.ts";
import { missingProgram, testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

/** It is part of util-linux. */
const OBSTACLE = await missingProgram("script");

/** As interactive shells do: the kernel tells them alone. */
const HANDS_ON = "trap 'kill -HUP $job' HUP";

/**
 * Runs the jobs on a terminal that goes away once the first one has begun; resolves to the exit
 * code.
 */
async function runOnTerminal(
  place: Workplace,
  { trap, jobEnds }: { trap: string; jobEnds: boolean },
): Promise<number> {
  const jobs = await place.jobs([{
    command: `touch '${place.at("begun")}'; while [ ! -e '${place.at("go")}' ]; do sleep 0.2; done`,
  }]);
  const words = [
    ...[...PROGRAM, "scheduler"],
    ...["--endpoint=local", "--jobs", jobs, "--results", place.at("results")],
  ];
  const command = [
    trap,
    `${quoteWords(words)} & job=$!`,
    // A signal interrupts the wait.
    "while :; do wait $job; code=$?; kill -0 $job 2>&- || break; done",
    `echo $code >'${place.at("code.new")}'; mv '${place.at("code.new")}' '${place.at("code")}'`,
  ].join("\n");
  const terminal = new Deno.Command("script", {
    args: ["--quiet", "--flush", "--command", command, place.at("typescript")],
    env: { TMPDIR: place.at("tmp"), XDG_RUNTIME_DIR: place.at("run"), TERM: "xterm" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const isThere = (name: string) => Deno.stat(place.at(name)).then(() => true, () => false);
  await waitFor(() => isThere("begun"), "the job");
  const shown = () => Deno.readTextFile(place.at("typescript"));
  await waitFor(async () => (await shown()).includes("1 running"), "a progress line");
  terminal.kill("SIGKILL");
  await terminal.status;
  if (jobEnds) await Deno.writeTextFile(place.at("go"), "");
  await waitFor(() => isThere("code"), "the end of the run");
  return Number(await Deno.readTextFile(place.at("code")));
}

testUnless(OBSTACLE, "a run whose terminal goes away ends, and so do its jobs", async () => {
  await using place = await Workplace.create();
  assertEquals(await runOnTerminal(place, { trap: HANDS_ON, jobEnds: false }), 130);
  await place.empty();
});

testUnless(OBSTACLE, "a run that ignores hang-ups goes on without its terminal", async () => {
  await using place = await Workplace.create();
  assertEquals(await runOnTerminal(place, { trap: "trap '' HUP", jobEnds: true }), 0);
  const results = await Deno.readTextFile(place.at("results"));
  assertStringIncludes(results, '"exitReason":"FINISHED"');
  assert(results.endsWith("\n"));
});
