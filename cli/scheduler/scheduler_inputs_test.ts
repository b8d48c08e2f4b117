import { assertEquals, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { parseOptions } from "../options/parse_options.ts";
import { readSchedulerInputs } from "./scheduler_inputs.ts";
import { SCHEDULER_OPTIONS } from "../options/scheduler_options.ts";
import { fakeSystem } from "../testing.ts";
import { UsageError } from "../../support/usage_error.ts";

const JOB = new TextEncoder().encode('{"command":"true"}\n');

function read(args: string[], environment: Record<string, string> = {}) {
  const { options } = parseOptions(SCHEDULER_OPTIONS, ["--jobs", "-", ...args], environment);
  const standardInput = () => ReadableStream.from([JOB]);
  return readSchedulerInputs(options, fakeSystem({ environment, standardInput }).system);
}

Deno.test("readSchedulerInputs() reads jobs from standard input", async () => {
  const { file, environment } = await read([]);
  assertEquals(file?.jobs.map(({ command }) => command), ["true"]);
  assertEquals(environment, []);
});

Deno.test("readSchedulerInputs() takes variables with their values, or the values of here", async () => {
  const given = ["A=1", "B=", "C=x=y", "HERE", "EMPTY", "D=two\nlines"];
  const here = { HERE: "of here", EMPTY: "" };
  const { environment } = await read(given.flatMap((text) => ["--set-env", text]), here);
  assertEquals(environment, [
    ["A", "1"],
    ["B", ""],
    ["C", "x=y"],
    ["HERE", "of here"],
    ["EMPTY", ""],
    ["D", "two\nlines"],
  ]);
  for (const wrong of ["=1", "MISSING"]) {
    await assertRejects(() => read(["--set-env", wrong], here), UsageError, "--set-env: ");
  }
});

Deno.test("readSchedulerInputs() makes the directory for the output of jobs", async () => {
  await using directory = await TemporaryDirectory.create();
  const logs = directory.at("deep", "logs");
  for (let i = 0; i < 2; i++) await read(["--batch-logs-dir", logs]);
  assertEquals((await Deno.stat(logs)).isDirectory, true);
});
