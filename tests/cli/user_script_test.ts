import { assertEquals, assertStringIncludes } from "@std/assert";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

/** Lists the user script as the node has it. */
const LIST = 'cd "$TOIL_MESOS_USER_SCRIPT" && find . | sort >"$OUT"';

/** Deploys the workplace as it is; gives the sorted paths that a job finds. */
async function deployed(place: Workplace, options: readonly string[]): Promise<string[]> {
  // Every run has jobs of its own: one with a state does not run the same file twice.
  const jobs = await place.jobs([{ ...SMALL, name: crypto.randomUUID(), command: LIST }]);
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--user-script=.", ...options],
    ...["--set-env", `OUT=${place.at("tmp", "list")}`],
  ]);
  assertEquals(code, 0, stderr);
  const list = (await Deno.readTextFile(place.at("tmp", "list"))).trimEnd().split("\n");
  await Deno.remove(place.at("tmp", "list"));
  return list;
}

Deno.test("scheduler sends no node what the run itself writes, nor its secrets", async () => {
  await using place = await Workplace.create();
  await Deno.writeTextFile(place.at("secret"), "hush\n", { mode: 0o600 });
  await Deno.mkdir(place.at("logs"));
  const options = [
    ...["--results=out.jsonl", "--batch-logs-dir=./logs", "--work-dir=work"],
    ...["--principal=toil-mesos", "--secret-file=secret", "--report=report.html"],
  ];
  await Deno.mkdir(place.at("run/toil-mesos"), { mode: 0o700 });
  await Deno.writeTextFile(place.at("run/toil-mesos/5050"), "hush", { mode: 0o600 });
  const expected = [".", "./jobs.jsonl", "./run", "./tmp"];
  const withToken = ["--state=st", "--listen=127.0.0.1:0"];
  // From the second time on, results, report, state and token of the runs before are there.
  for (const state of [[], withToken, withToken, ["--state=st2"], []]) {
    assertEquals(await deployed(place, [...options, ...state]), expected);
  }
  for (const file of ["out.jsonl", "report.html", "st/token", "st2/scheduler.sqlite"]) {
    assertEquals((await Deno.stat(place.at(file))).isFile, true, file);
  }
});

Deno.test("scheduler refuses a user script that is its own state or secret", async () => {
  await using place = await Workplace.create();
  await Deno.writeTextFile(place.at("secret"), "hush\n", { mode: 0o600 });
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const run = ["scheduler", "--endpoint=local", "--jobs", jobs, "--state=st"];
  for (const path of ["st", "st/.", "secret"]) {
    await Deno.mkdir(place.at("st"), { recursive: true, mode: 0o700 });
    const { code, stderr } = await place.run(
      [...run, "--principal=p", "--secret-file=secret", "--user-script", path],
    );
    assertEquals(code, 2);
    assertStringIncludes(stderr, "toil-mesos stores its own files there");
  }
});

Deno.test("scheduler leaves out what the option and .toil-mesosignore name, and says why not else", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("venv/bin"), { recursive: true });
  await Deno.symlink("/usr/bin/env", place.at("venv/bin/python"));
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs", jobs, "--user-script=."],
  ]);
  assertEquals(code, 2);
  assertStringIncludes(
    stderr,
    'entry "venv/bin/python" is a link to the absolute path "/usr/bin/env", outside the directory; ' +
      "leave it out with --user-script-exclude or .toil-mesosignore",
  );
  await Deno.writeTextFile(place.at(".toil-mesosignore"), "/jobs.*\n");
  const exclude = [
    "--user-script-exclude=venv/bin/",
    "--user-script-exclude",
    "/tmp",
    "--user-script-exclude=/run",
  ];
  assertEquals(await deployed(place, exclude), [".", "./venv"]);
});
