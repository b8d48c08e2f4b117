import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { MAX_JOBS_FILE_BYTES } from "../../cli/scheduler/jobs_file.ts";
import { PROGRAM, SOURCE_PROGRAM } from "../kit/program.ts";
import { Workplace } from "../kit/workplace.ts";

/** Makes a directory for a state in which a FIFO without a writer has the name of a file. */
async function stateWithFifo(place: Workplace, name: string): Promise<string> {
  const state = place.at(`state-${name}`);
  await Deno.mkdir(state, { mode: 0o700 });
  await makeFifo(join(state, name));
  return state;
}

async function makeFifo(path: string): Promise<void> {
  await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
}

/** Runs what can't be run; gives what is said of it. Nothing may have been started or written. */
async function refuse(
  place: Workplace,
  args: readonly string[],
  { stdin = "", program = PROGRAM } = {},
): Promise<string> {
  const before = "what an earlier run has left\n";
  await Deno.writeTextFile(place.at("results"), before);
  const { code, stdout, stderr } = await place.startCommand(
    [...program, "scheduler", "--results", place.at("results"), ...args],
    { stdin },
  ).ended;
  assertEquals([code, stdout], [2, ""], stderr);
  assertEquals(await Deno.readTextFile(place.at("results")), before);
  await place.assertEmpty();
  return stderr;
}

Deno.test("scheduler names every bad line of a file and runs none of its jobs", async () => {
  await using place = await Workplace.create();
  const lines = [
    `{"command":"touch ${place.at("ran")}"}`,
    '{"command":"true","cores":"2"}',
    "",
    '{"command":"true","memroy":"2Gi"}',
    '{"command":"true"',
  ];
  const stderr = await refuse(place, ["--endpoint=local", "--jobs=-"], {
    stdin: lines.join("\n"),
  });
  const [head, ...named] = stderr.trimEnd().split("\n");
  assertEquals(
    head,
    "toil-mesos: Cannot run standard input: 3 lines are wrong, so nothing was run",
  );
  assertEquals(named.slice(0, 2), [
    "  line 2: field 'cores': must be a number",
    "  line 4: unknown field 'memroy'",
  ]);
  assertStringIncludes(named[2] ?? "", "  line 5: not JSON: ");
  assertEquals(await Deno.stat(place.at("ran")).catch(() => "not there"), "not there");
});

Deno.test("scheduler does not command the terminal with what stands in a file", async () => {
  await using place = await Workplace.create();
  const stderr = await refuse(place, ["--endpoint=local", "--jobs=-"], {
    stdin: "\x1b]0;mine\x07",
  });
  assertEquals(/[^\P{Cc}\n]/u.test(stderr), false);
});

Deno.test("scheduler refuses an endless standard input by the bound of a jobs file", async () => {
  await using place = await Workplace.create();
  for (const line of ['{"command":"true"}', ""]) {
    const { code, stdout, stderr } = await place.startCommand([
      ...["bash", "-c", 'yes "$1" | "${@:2}"; exit ${PIPESTATUS[1]}', "bash", line],
      ...[...PROGRAM, "scheduler", "--endpoint=local", "--jobs=-"],
    ]).ended;
    const bound = `it is larger than ${MAX_JOBS_FILE_BYTES} bytes; split it`;
    assertEquals([code, stdout, stderr], [
      2,
      "",
      `toil-mesos: Cannot read standard input: ${bound}\n`,
    ]);
  }
});

Deno.test("scheduler refuses what it can't use, and leaves earlier results alone", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const missing = place.at("missing");
  const cases: [string[], string][] = [
    [
      ["--endpoint=local", "--jobs", missing],
      `Cannot read ${missing}: No such file or directory\n`,
    ],
    [["--endpoint=local", "--jobs", jobs, "--user-script", missing], `user script ${missing}: `],
    [
      ["--endpoint=local", "--jobs=/dev/zero"],
      "Cannot read /dev/zero: it is larger than 268435456 bytes",
    ],
    [
      ["--endpoint=local", "--jobs", jobs, "--ca-file=/dev/zero"],
      "Cannot read /dev/zero: it is larger than 16777216 bytes",
    ],
    [["--endpoint=local", "--jobs", jobs, "--user-script=/dev/zero"], "neither a file nor"],
    [["--endpoint=local", "--jobs", jobs, "--user-script=/"], "user script /: "],
    [["--endpoint=host:99999", "--jobs", jobs], '--endpoint: Cannot read "host:99999"'],
    [["--endpoint=local", "--jobs", jobs, "--state=/proc/nowhere"], "Cannot open /proc/nowhere"],
    [["--endpoint=local", "--jobs", jobs, "--state=/tmp"], "Cannot keep the state in /tmp: others"],
    [["--endpoint=local", "--jobs", jobs, "--state", jobs], `state in ${jobs}: not a directory`],
    [["--endpoint=zk://127.0.0.1:99999/m", "--jobs", jobs], "--endpoint: Cannot read"],
    [["--endpiont=local", "--jobs", jobs], "Unknown option --endpiont; did you mean --endpoint?"],
  ];
  const complaints = await Promise.all(cases.map(async ([args]) => {
    await using own = await Workplace.create();
    return await refuse(own, args);
  }));
  cases.forEach(([, expected], i) => assertStringIncludes(complaints[i] ?? "", expected));
});

Deno.test("scheduler that runs from source does not serve itself", async () => {
  await using place = await Workplace.create();
  const args = ["--endpoint=local", "--jobs", await place.jobs([{ command: "true" }])];
  const stderr = await refuse(place, [...args, "--executor-uri=self"], { program: SOURCE_PROGRAM });
  assertStringIncludes(stderr, "is not one file");
});

Deno.test("scheduler names a FIFO that is in the place of a file, and does not wait for its writer", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const fifo = place.at("fifo");
  await makeFifo(fifo);
  const run = ["--endpoint=local", "--jobs", jobs];
  const cases: [args: string[], expected: string][] = [
    [["--endpoint=local", "--jobs", fifo], `Cannot read ${fifo}: it is a FIFO`],
    [[...run, "--user-script", fifo], `user script ${fifo}: it is neither a file nor`],
    [[...run, "--report", fifo], `Cannot write the report to ${fifo}: it is a FIFO`],
    [[...run, "--ca-file", fifo], `Cannot read ${fifo}: it is a FIFO`],
    [[...run, "--executor-ca-file", fifo], `Cannot read ${fifo}: it is a FIFO`],
    [[...run, "--principal=p", "--secret-file", fifo], `Cannot read ${fifo}: it is a FIFO`],
    [
      [...run, "--listen", fifo],
      `Cannot listen on ${fifo}: a file that is not a socket has this name`,
    ],
  ];
  for (
    const [name, expected, ...args] of [
      ["scheduler.sqlite", "Cannot use PATH: it is a FIFO"],
      ["scheduler.sqlite-commits", "Cannot use PATH: it is a FIFO"],
      [".toil-mesos-private", "Cannot write PATH: something other than a file is there"],
      ["token", "Cannot read PATH: it is a FIFO", "--listen=127.0.0.1:0"],
    ] as const
  ) {
    const state = await stateWithFifo(place, name);
    cases.push([[...run, "--state", state, ...args], expected.replace("PATH", join(state, name))]);
  }
  for (const [args, expected] of cases) {
    await using own = await Workplace.create();
    assertStringIncludes(await refuse(own, args), expected);
  }
});

Deno.test("scheduler keeps results in no FIFO that it finds in its state", async () => {
  await using place = await Workplace.create();
  const state = await stateWithFifo(place, "results.jsonl");
  const jobs = await place.jobs([{ command: "true" }]);
  const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--state", state];
  const { code, stderr } = await place.run(args);
  assertEquals(code, 2);
  assertStringIncludes(stderr, `Cannot keep results in ${state}/results.jsonl: it is a FIFO`);
});

Deno.test("scheduler does not write results over the jobs", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const text = await Deno.readTextFile(jobs);
  await Deno.symlink(jobs, place.at("link"));
  for (const results of [jobs, place.at("link")]) {
    const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--results", results];
    const { code, stderr } = await place.run(args);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `--results: ${results} is the file of the jobs`);
  }
  assertEquals(await Deno.readTextFile(jobs), text);
});

Deno.test("scheduler does not write results over the files of its state", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  await Deno.mkdir(place.at("st"), { mode: 0o700 });
  for (const name of ["scheduler.sqlite-wal", "scheduler.sqlite-commits", "token"]) {
    const results = place.at("st", name);
    const args = ["scheduler", "--endpoint=local", "--jobs", jobs, "--state", place.at("st")];
    const { code, stderr } = await place.run([...args, "--results", results]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `--results: ${results} is a file of the state`);
  }
});

Deno.test("scheduler refuses results that can't be written before it runs a job", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: `touch ${place.at("ran")}` }]);
  const results = place.at("missing", "results.jsonl");
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--results", results],
  ]);
  assertEquals(code, 2);
  assertEquals(stderr, `toil-mesos: Cannot write ${results}: No such file or directory\n`);
  assertEquals(await Deno.stat(place.at("ran")).catch(() => "not there"), "not there");
});

Deno.test("scheduler says that it has no directory for temporary files", async () => {
  await using place = await Workplace.create();
  const { code, stderr } = await place.run(
    ["scheduler", "--endpoint=local", "--jobs", await place.jobs([{ command: "true" }])],
    { env: { TMPDIR: place.at("missing") } },
  );
  assertEquals(code, 2);
  assertStringIncludes(stderr, `Cannot make a temporary directory in ${place.at("missing")}: `);
});

Deno.test("scheduler does not run jobs on an embedded Mesos as another user", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const user = Deno.uid() === 0 ? "nobody" : "root";
  const stderr = await refuse(place, ["--endpoint=local", "--jobs", jobs, "--user", user]);
  assertStringIncludes(stderr, "toil-mesos: --user: an embedded Mesos runs executors as ");
});

Deno.test("scheduler names places and arguments that no program can use", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ command: "true" }]);
  const missing = place.at("missing");
  const run = ["scheduler", "--endpoint=local", "--jobs", jobs];
  const without = await place.run(run, { env: { TMPDIR: missing } });
  assertEquals(
    [without.code, without.stderr],
    [
      2,
      `toil-mesos: Cannot make a temporary directory in ${missing}: No such file or directory; ` +
      "set TMPDIR to a directory of yours\n",
    ],
  );
  const taken = await place.run([...run, "--batch-logs-dir", jobs]);
  assertEquals(
    [taken.code, taken.stderr],
    [
      2,
      `toil-mesos: Cannot make the directory ${jobs}: something other than a directory is there\n`,
    ],
  );
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `"$@" --state "$(printf 'x\\377')"`, "sh", ...PROGRAM, ...run],
    cwd: place.path,
  }).output();
  assertEquals(
    [code, new TextDecoder().decode(stderr)],
    [2, 'toil-mesos: Cannot use the argument "x\ufffd": it is not UTF-8\n'],
  );
});
