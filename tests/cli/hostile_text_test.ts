/**
 * Text that commands terminals or reorders lines, from where a job puts it to where people read it.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { quoteWords } from "../../support/shell_words.ts";
import { PROGRAM } from "../kit/program.ts";
import { missingProgram, testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

/** Part of util-linux. */
const OBSTACLE = await missingProgram("script");

const SMALL = { cores: 0.1, memory: "32Mi", disk: "1Mi" };

/** Escape, bell, a C1 control sequence introducer, overrides of the direction, a line separator. */
const HOSTILE = "\x1b]0;x\x07\x9b2J\u202e\u2066\u2028\u200f";

/** What such text is made of; tabs and newlines lay out what we print ourselves. */
const HOSTILE_REGEXP = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The hostile characters of a text, as numbers. */
function hostileIn(text: string): string[] {
  return (text.match(HOSTILE_REGEXP) ?? []).map((each) => each.charCodeAt(0).toString(16));
}

/** A job with hostile text wherever one may be; control characters are refused in names. */
const JOB = {
  ...SMALL,
  name: "name \u202e\u2066\u200f\u2028",
  command: `printf '%s\\nlast %s' "$HOSTILE" "$HOSTILE" >&2; exit 3 # ${HOSTILE}`,
  environment: { HOSTILE },
};

for (const format of ["text", "json"]) {
  Deno.test(`no hostile text of a job reaches results, ${format} logs or the report`, async () => {
    await using place = await Workplace.create();
    const jobs = await place.jobs([{ ...JOB, retries: 1 }]);
    const { code, stdout, stderr } = await place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--report", place.at("report.html")],
      ...["--log-level=TRACE", "--log-format", format],
    ]);
    assertEquals(code, 1, stderr);
    const report = await Deno.readTextFile(place.at("report.html"));
    assertEquals([stdout, stderr, report].map(hostileIn), [[], [], []]);
    const { name, message } = JSON.parse(stdout);
    assertEquals([name, message.endsWith(`last ${HOSTILE}`)], [JOB.name, true]);
    assertStringIncludes(report, "last \\u001b]0;x\\u0007\\u009b2J\\u202e");
  });
}

Deno.test("hostile text in options and addresses is named without it", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const run = ["scheduler", "--endpoint=local", "--jobs", jobs];
  for (
    const args of [
      [`--${HOSTILE}`],
      ["scheduler", `--endpoint=${HOSTILE}`, "--jobs", jobs],
      ["scheduler", "--endpoint=local", "--jobs", `/nowhere/${HOSTILE}`],
      [...run, "--listen", HOSTILE],
      [...run, "--set-env", HOSTILE],
      [...run, "--user-script", `/nowhere/${HOSTILE}`],
      ["jobs", "--scheduler", HOSTILE],
      ["kill", HOSTILE],
    ]
  ) {
    const { code, stdout, stderr } = await place.run(args);
    assertEquals([code, stdout, hostileIn(stderr)], [2, "", []], stderr);
    assertStringIncludes(stderr, "\\u202e");
  }
});

/** What a terminal of so many columns gets of a command. */
async function onTerminal(place: Workplace, columns: number, args: string[]): Promise<string> {
  const command = `stty cols ${columns}; ${quoteWords([...PROGRAM, ...args])}`;
  const { stdout } = await new Deno.Command("script", {
    args: ["--quiet", "--command", command, "/dev/null"],
    env: {
      TMPDIR: place.at("tmp"),
      XDG_RUNTIME_DIR: place.at("run"),
      NO_COLOR: "1",
      TERM: "xterm",
    },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
}

testUnless(OBSTACLE, "tables on terminals of any width hold no hostile text of jobs", async () => {
  await using place = await Workplace.create();
  const scheduler = place.start(["scheduler", "--endpoint=local", "--listen=unix:s"], {
    env: { HOME: place.path },
  });
  await waitFor(() => scheduler.stderr.includes("Listening on"), "the scheduler");
  const client = ["--scheduler", `unix:${place.at("s")}`];
  const jobs = await place.jobs([JOB, { ...SMALL, name: JOB.name, cores: 900, command: "true" }]);
  await place.run(["submit", ...client, "--jobs", jobs]);
  const waited = await place.run(["wait", ...client, "1"]);
  assertEquals([waited.code, hostileIn(waited.stderr)], [3, []]);
  for (
    const [columns, ...args] of [[20, "jobs", "--all"], [20, "nodes"], [200, "status"]] as const
  ) {
    const shown = await onTerminal(place, columns, [...args, ...client]);
    assertEquals([args, hostileIn(shown)], [args, []], shown);
    if (columns === 20) assertEquals(shown.split("\n").filter((line) => line.length > 20), []);
  }
  const all = await onTerminal(place, 200, ["jobs", "--all", ...client]);
  assertEquals(hostileIn(all), []);
  assertStringIncludes(all, "name \\u202e");
  scheduler.kill("SIGINT");
  const { stderr } = await scheduler.ended;
  assertEquals(hostileIn(stderr), []);
});
