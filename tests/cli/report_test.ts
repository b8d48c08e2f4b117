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
  const again = await place.run(args);
  assertStringIncludes(again.stderr, `Replacing ${report}, the report of another run\n`);
});

Deno.test("a --report that can't be written is refused before anything runs", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true", ...SMALL }]);
  const script = place.at("script.sh");
  await Deno.writeTextFile(script, "true\n");
  await Deno.writeTextFile(place.at("thesis"), "precious");
  await Deno.mkdir(place.at("st"), { mode: 0o700 });
  await Deno.link(jobs, place.at("hard"));
  const cases: [string, string][] = [
    [place.at("nowhere", "report.html"), "is not a directory; create it first"],
    [place.path, "it is a directory"],
    [jobs, `--report: ${jobs} is the file of the jobs`],
    [place.at("hard"), `--report: ${place.at("hard")} is the file of the jobs`],
    [script, "is the user script"],
    [place.at("thesis"), "exists and is no report"],
    [place.at("st", "scheduler.sqlite"), "is a file of the state"],
    [place.at("st", "results.jsonl"), "is the file of the results"],
    ["/proc/report.html", "Cannot write the report to /proc/report.html: "],
  ];
  for (const [report, message] of cases) {
    const { code, stdout, stderr } = await place.run([
      ...["scheduler", "--endpoint", "local", "--jobs", jobs, "--report", report],
      ...["--user-script", script, "--state", place.at("st")],
    ]);
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, message);
  }
  assertEquals(await Deno.readTextFile(place.at("thesis")), "precious");
  assertEquals([...Deno.readDirSync(place.at("st"))], []);
});
