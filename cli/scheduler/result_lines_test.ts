import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import {
  formatResult,
  ResultFile,
  type ResultFileOptions,
  ResultOutput,
  ResultPipe,
} from "./result_lines.ts";
import { UsageError } from "../../support/usage_error.ts";
import { resultOf } from "../testing.ts";
import { ResultWriteError } from "./result_write_error.ts";

function lineOf(jobID: number): string {
  return formatResult(resultOf(jobID)) + "\n";
}

/** Writes the results of these jobs in a run of its own. */
async function run(
  path: string,
  jobIDs: readonly number[],
  options: ResultFileOptions,
): Promise<void> {
  const file = new ResultFile(path, options);
  try {
    for (const jobID of jobIDs) await file.write([resultOf(jobID)]);
  } finally {
    file.close();
  }
}

Deno.test("formatResult() has the fields that were promised, on one line", () => {
  assertEquals(
    formatResult(resultOf(7, { name: "count-07" })),
    '{"jobID":7,"name":"count-07","exitStatus":0,"exitReason":"FINISHED","wallTime":1.482,' +
      '"node":"10.0.0.5","message":""}',
  );
  assertEquals(formatResult(resultOf(7, { message: "two\nlines" })).includes("\n"), false);
});

Deno.test("formatResult() gives a wall time above 0", () => {
  for (const wallTimeSeconds of [1e-9, 1e-6, 0.25]) {
    assertEquals(JSON.parse(formatResult(resultOf(1, { wallTimeSeconds }))).wallTime > 0, true);
  }
});

Deno.test("ResultFile empties the file when it does not resume", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("results.jsonl");
  await Deno.writeTextFile(path, "what was there\nbefore");
  await run(path, [1, 2], { resume: false });
  assertEquals(await Deno.readTextFile(path), lineOf(1) + lineOf(2));
  await run(path, [3], { resume: false });
  assertEquals(await Deno.readTextFile(path), lineOf(3));
});

Deno.test("ResultFile resumes: whole lines stay, half a line goes, none is written twice", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("results.jsonl");
  await run(path, [1, 2], { resume: true });
  assertEquals(await Deno.readTextFile(path), lineOf(1) + lineOf(2));
  const whole = lineOf(1) + lineOf(2);
  for (const half of ["", lineOf(3).slice(0, -1), lineOf(3).slice(0, 10), "größe".slice(0, 3)]) {
    await Deno.writeTextFile(path, whole + half);
    await run(path, [2, 3, 4], { resume: true });
    assertEquals(await Deno.readTextFile(path), whole + lineOf(3) + lineOf(4));
  }
});

Deno.test("ResultFile says what it can't open", async () => {
  await using directory = await TemporaryDirectory.create();
  const cases: [string, string][] = [
    [directory.at("missing", "results.jsonl"), "No such file or directory"],
    [directory.path, "Is a directory"],
  ];
  for (const [path, reason] of cases) {
    for (const resume of [true, false]) {
      assertThrows(
        () => new ResultFile(path, { resume }),
        UsageError,
        `Cannot write ${path}: ${reason}`,
      );
    }
  }
});

Deno.test("ResultFile writes no second line for a job, where it is told so", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("results.jsonl");
  const other = formatResult(resultOf(1, { exitReason: "LOST" })) + "\n";
  await Deno.writeTextFile(path, other);
  await run(path, [1, 2], { resume: true, oncePerJob: true });
  assertEquals(await Deno.readTextFile(path), other + lineOf(2));
  const ofAnotherRun = formatResult(resultOf(3, { name: "other" })) + "\n";
  await Deno.writeTextFile(path, ofAnotherRun);
  await run(path, [3], { resume: true, oncePerJob: true });
  assertEquals(await Deno.readTextFile(path), ofAnotherRun + lineOf(3));
});

Deno.test("ResultPipe writes to devices, and says when one is full", async () => {
  const nothing = new ResultPipe("/dev/null");
  await nothing.write([resultOf(1)]);
  nothing.close();
  const full = new ResultPipe("/dev/full");
  await assertRejects(
    () => full.write([resultOf(1)]),
    ResultWriteError,
    "Cannot write /dev/full: No space left on device",
  );
  full.close();
});

Deno.test("ResultOutput hands lines on, and says when nobody takes them", async () => {
  let text = "";
  const output = new ResultOutput((more) => Promise.resolve(void (text += more)));
  await output.write([resultOf(1), resultOf(2)]);
  output.close();
  assertEquals(text, lineOf(1) + lineOf(2));
  const broken = new ResultOutput(() =>
    Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"))
  );
  await assertRejects(
    () => broken.write([resultOf(1)]),
    ResultWriteError,
    "Cannot write the results: Broken pipe",
  );
});

Deno.test("formatResult() leaves nothing that a terminal obeys, and loses nothing", () => {
  const said = { name: "a\u009b2Jb", node: "\u202egpj.exe", message: "\x1b[2J\x7f\u2028\u2066" };
  const line = formatResult(resultOf(1, said));
  assertEquals(/[^\x20-\x7e]/.test(line), false, line);
  const { name, node, message } = JSON.parse(line);
  assertEquals({ name, node, message }, said);
});
