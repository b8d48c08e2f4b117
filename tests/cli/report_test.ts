import { assertEquals, assertStringIncludes } from "@std/assert";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.1, memory: "32Mi", disk: "1Mi" };

Deno.test("--report leaves a page about the run, also of one whose jobs failed", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([
    { command: "true", name: "good", ...SMALL },
    { command: "echo it is broken >&2; exit 3", name: "bad", ...SMALL },
  ]);
  const report = place.at("report.html");
  const args = ["scheduler", "--endpoint", "local", "--jobs", jobs, "--report", report];
  const { code, stderr } = await place.run(args);
  assertEquals(code, 1, stderr);
  const text = await Deno.readTextFile(report);
  for (const expected of ["FAILED (3)", "it is broken", "2 jobs, 1 failed", "1 good: FINISHED"]) {
    assertStringIncludes(text, expected);
  }
});

Deno.test("a --report that can't be written is refused before anything runs", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true", ...SMALL }]);
  const cases: [string, string][] = [
    [place.at("nowhere", "report.html"), "is not a directory; create it first"],
    [place.path, "it is a directory"],
    [jobs, "the run uses that file itself"],
  ];
  for (const [report, message] of cases) {
    const args = ["scheduler", "--endpoint", "local", "--jobs", jobs, "--report", report];
    const { code, stdout, stderr } = await place.run(args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, message);
  }
});
