import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname } from "node:path";
import { small, TestBatchSystem } from "../kit/test_batch_system.ts";
import { useMesos } from "../kit/mesos.ts";

const mesos = useMesos();

/** Runs a job; gives the environment and the directory that it saw. */
async function seenBy(
  batchSystem: TestBatchSystem,
  jobEnvironment: Record<string, string> = {},
): Promise<{ environment: Map<string, string>; directory: string; jobID: number }> {
  const files = { environment: batchSystem.at("environment"), directory: batchSystem.at("pwd") };
  const command = `env -0 >${files.environment}; printf %s "$PWD" >${files.directory}`;
  const jobID = await batchSystem.issueBatchJob(command, small(), { jobEnvironment });
  assertEquals((await batchSystem.nextResult()).exitStatus, 0);
  const entries = (await Deno.readTextFile(files.environment)).split("\0");
  const environment = new Map(entries.map((entry) => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
    return [name, value];
  }));
  return { environment, directory: await Deno.readTextFile(files.directory), jobID };
}

Deno.test("setEnv() sets variables of all jobs, and a job's own ones win", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  batchSystem.setEnv("SHARED", "of all");
  batchSystem.setEnv("BOTH", "of all");
  batchSystem.setEnv("PATH");
  const first = await seenBy(batchSystem, { BOTH: "own", OWN: "own" });
  assertEquals(first.environment.get("SHARED"), "of all");
  assertEquals(first.environment.get("BOTH"), "own");
  assertEquals(first.environment.get("OWN"), "own");
  assertEquals(first.environment.get("PATH"), Deno.env.get("PATH"));

  batchSystem.setEnv("LATER", "of later ones");
  const second = await seenBy(batchSystem);
  assertEquals(second.environment.get("BOTH"), "of all");
  assertEquals(second.environment.get("LATER"), "of later ones");
  assert(!second.environment.has("OWN"));

  const unset = `UNSET_${crypto.randomUUID()}`;
  assertThrows(() => batchSystem.setEnv(unset), ReferenceError, unset);
});

Deno.test("a job sees no secret of Mesos in its executor's environment either", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const file = batchSystem.at("environment");
  await batchSystem.run(`cat /proc/$PPID/environ >${file}`);
  const entries = (await Deno.readTextFile(file)).split("\0");
  assert(entries.some((entry) => entry.startsWith("MESOS_EXECUTOR_ID=")));
  assertEquals(entries.filter((entry) => /^MESOS_EXECUTOR_AUTHENTICATION_TOKEN=./.test(entry)), []);
});

Deno.test("a job sees its id and its places, and no secret of Mesos", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const { environment, directory, jobID } = await seenBy(batchSystem);
  assertEquals(environment.get("TOIL_MESOS_JOB_ID"), String(jobID));
  const sandbox = environment.get("TOIL_WORKDIR") ?? "";
  assertEquals(sandbox, environment.get("MESOS_SANDBOX"));
  assertStringIncludes(directory, `${sandbox}/`);
  assert((await Deno.stat(environment.get("JTRES_ROOT") ?? "")).isDirectory);
  assertEquals(dirname(environment.get("JTRES_ROOT") ?? ""), sandbox);
  assert(!environment.has("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"));

  batchSystem.setEnv("TOIL_WORKDIR", "/elsewhere");
  const elsewhere = await seenBy(batchSystem, { TOIL_MESOS_JOB_ID: "forged" });
  assertEquals(elsewhere.environment.get("TOIL_WORKDIR"), "/elsewhere");
  assertEquals(elsewhere.environment.get("TOIL_MESOS_JOB_ID"), String(elsewhere.jobID));
});

Deno.test("variables reach a job as they are, however odd or long", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const values = {
    EMPTY: "",
    ASSIGNMENT: "A=B==C",
    LINES: "one\ntwo\n\n",
    QUOTED: `it's "quoted" \\ $HOME \`id\``,
    UNICODE: "Gène 基因 🧬",
    // As much as many a scheduler allows for all of them.
    LONG: "x".repeat(64 * 1024),
  };
  batchSystem.setEnv("OF_ALL", values.UNICODE);
  const { environment } = await seenBy(batchSystem, values);
  assertEquals(environment.get("OF_ALL"), values.UNICODE);
  for (const [name, value] of Object.entries(values)) assertEquals(environment.get(name), value);
});

Deno.test("a command reaches the shell as it is", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  // How Toil's own tests make sure that nothing quotes or unquotes on the way.
  const choose = 'if [ "x${FOO}" == "xbar" ] ; then exit 23 ; else exit 42 ; fi';
  const command = `bash -c "\\\${@}" bash eval ${choose.replaceAll(";", "\\;")}`;
  assertEquals((await batchSystem.run(command)).exitStatus, 42);
  await batchSystem.issueBatchJob(command, small(), { jobEnvironment: { FOO: "bar" } });
  assertEquals((await batchSystem.nextResult()).exitStatus, 23);
  batchSystem.setEnv("FOO", "bar");
  assertEquals((await batchSystem.run(command)).exitStatus, 23);

  const text = `it's "quoted" \\ \\\\ $HOME \t * ? ~ # ! {a,b} 基因 🧬`;
  const here = `cat >${batchSystem.at("text")} <<'END'\n${text}\nEND\nexit 7`;
  assertEquals((await batchSystem.run(here)).exitStatus, 7);
  assertEquals(await batchSystem.written("text"), `${text}\n`);
});

Deno.test("a job may have any name", async () => {
  await using batchSystem = await TestBatchSystem.start(mesos);
  const names = ["", "a/b/../c", "two\nlines", `'"\\$(id)`, "基因 🧬", "n".repeat(4096)];
  for (const jobName of names) {
    const { name, exitStatus } = await batchSystem.run("true", { jobName });
    assertEquals([name, exitStatus], [jobName, 0]);
  }
});
