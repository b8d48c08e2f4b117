import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { quoteWords } from "../../support/shell_words.ts";
import { PROGRAM } from "../kit/program.ts";
import { missingProgram, testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

/** More results than a pipe holds. */
const MANY = Array.from({ length: 80 }, (_, i) => ({
  ...SMALL,
  command: "true",
  name: `${i}-${"x".repeat(900)}`,
}));

function jobIDs(text: string): number[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line).jobID).sort((a, b) => a - b);
}

Deno.test("scheduler keeps results in its state, each once, and hands them on as well", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }, { ...SMALL, command: "true" }]);
  const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--state", place.at("st")];
  const { code, stdout, stderr } = await place.run(args);
  assertEquals([code, jobIDs(stdout)], [0, [1, 2]]);
  const path = place.at("st", "results.jsonl");
  assertStringIncludes(stderr, `Results are kept in ${path}, each once`);
  const kept = await Deno.readTextFile(path);
  assertEquals(jobIDs(kept), [1, 2]);
  const again = await place.run(args);
  assertEquals([again.code, again.stdout, await Deno.readTextFile(path)], [0, "", kept]);
});

Deno.test("scheduler says what happens to the results of another run", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const results = place.at("r.jsonl");
  const run = (state: string) =>
    place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--results", results],
      ...["--state", place.at(state)],
    ]);
  assertEquals((await run("one")).stderr.includes("Replacing"), false);
  const { stderr } = await run("other");
  assertStringIncludes(stderr, `Replacing ${results}, which held 1 line of another run\n`);
  assertEquals(jobIDs(await Deno.readTextFile(results)), [1]);
});

Deno.test("scheduler replaces no input by its results, by whatever name", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const script = place.at("script");
  await Deno.mkdir(script);
  await Deno.writeTextFile(join(script, "run.sh"), "true\n");
  await Deno.writeTextFile(place.at("secret"), "hush", { mode: 0o600 });
  await Deno.link(join(script, "run.sh"), place.at("hard"));
  await Deno.symlink(place.at("secret"), place.at("soft"));
  const cases: [string, string[]][] = [
    [jobs, []],
    [place.at("hard"), ["--user-script", join(script, "run.sh")]],
    [join(script, "run.sh"), ["--user-script", script]],
    [place.at("soft"), ["--principal=p", "--secret-file", place.at("secret")]],
    [place.at("st", "scheduler.sqlite"), ["--state", place.at("st")]],
    [place.at("st", "scheduler.sqlite-commits"), ["--state", place.at("st")]],
  ];
  for (const [results, rest] of cases) {
    const before = await Deno.readTextFile(results).catch(() => undefined);
    const { code, stderr } = await place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--results", results, ...rest],
    ]);
    assertEquals(code, 2, `${results}: ${stderr}`);
    // A user script that is written to is refused where it is deployed.
    assertMatch(stderr, /--results: |Cannot deploy user script /);
    if (before !== undefined) assertEquals(await Deno.readTextFile(results), before, results);
  }
});

Deno.test("scheduler can be interrupted while its results are not read", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs(MANY);
  const fifo = place.at("fifo");
  await new Deno.Command("mkfifo", { args: [fifo] }).output();
  for (const results of [[], ["--results", fifo]]) {
    const [file = "", ...words] = PROGRAM;
    const child = new Deno.Command(file, {
      args: [
        ...[...words, "scheduler", "--endpoint=local"],
        ...["--jobs", jobs, "--log-level=DEBUG", ...results],
      ],
      cwd: place.path,
      env: { NO_COLOR: "1", TMPDIR: place.at("tmp"), XDG_RUNTIME_DIR: place.at("run") },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let stderr = "";
    const read = (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) stderr += text;
    })();
    try {
      const haveEnded = () => stderr.split(" ended: FINISHED").length > MANY.length;
      await waitFor(haveEnded, "the jobs to end");
    } finally {
      child.kill("SIGINT");
      const { code } = await child.status;
      assertEquals(code, 130, stderr);
      await read;
      await child.stdout.cancel();
    }
  }
});

const OBSTACLE = await missingProgram("python3");

testUnless(
  OBSTACLE,
  "scheduler writes to a pipe that does not block, as fast as it is read",
  async () => {
    await using place = await Workplace.create();
    const jobs = await place.jobs(MANY);
    const command = new Deno.Command("python3", {
      args: [
        "-c",
        "import os, fcntl, subprocess, sys\n" +
        "r, w = os.pipe()\n" +
        "fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)\n" +
        "p = subprocess.Popen(sys.argv[1], shell=True, stdout=w)\n" +
        "os.close(w)\n" +
        "import time; time.sleep(3)\n" +
        "data = b''\n" +
        "while True:\n" +
        "    part = os.read(r, 4096)\n" +
        "    if not part: break\n" +
        "    data += part\n" +
        "sys.stdout.buffer.write(data)\n" +
        "sys.exit(p.wait())\n",
        `exec ${quoteWords([...PROGRAM, "scheduler", "--endpoint=local", "--jobs", jobs])}`,
      ],
      cwd: place.path,
      env: { NO_COLOR: "1", TMPDIR: place.at("tmp"), XDG_RUNTIME_DIR: place.at("run") },
      stdin: "null",
    });
    const { code, stdout, stderr } = await command.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(jobIDs(new TextDecoder().decode(stdout)), MANY.map((_, i) => i + 1));
  },
);
