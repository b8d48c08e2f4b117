/**
 * The guide to Cromwell: its commands are run as Cromwell would run them.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";
import { withEmbeddedScheduler } from "./embedded_scheduler.ts";
import { GuideShell, readGuide } from "./guide.ts";

/** A value of the configuration: text in one or three quotes. */
function setting(config: string, name: string): string {
  const [, long, short] = new RegExp(`^ *${name} = (?:"""(.*?)"""|"(.*?)"$)`, "ms").exec(config) ??
    [];
  const value = long ?? short?.replaceAll("\\\\", "\\");
  if (value === undefined) throw new Error(`Cannot find ${name} in the configuration`);
  return value;
}

/** Replaces `${name}` as Cromwell does; the attributes have their defaults. */
function instantiate(config: string, name: string, inputs: Record<string, string>): string {
  const attributes = setting(config, "runtime-attributes").matchAll(/^ *\w+ (\w+) = (.*)$/gm);
  const values = new Map(Object.entries(inputs));
  for (const [, key = "", value = ""] of attributes) values.set(key, value.replaceAll('"', ""));
  return setting(config, name).replaceAll(/\$\{(\w+)\}/g, (_, key) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`Cromwell has no ${key}`);
    return value;
  });
}

Deno.test("Cromwell's backend: submit, check-alive and kill do what they must", async () => {
  const guide = await readGuide("cromwell.md");
  const config = guide.files.get("cromwell.conf") ?? "";
  const jobIDRegExp = new RegExp(`^${setting(config, "job-id-regex")}$`);
  await using place = await Workplace.create();
  const shell = await GuideShell.create(place);
  /** Submits a task with this command, as Cromwell lays it out; resolves to the id. */
  const submit = async (task: string, command: string): Promise<string> => {
    const cwd = place.at("cromwell executions", task);
    await Deno.mkdir(cwd, { recursive: true });
    const script = `${cwd}/script`;
    await Deno.writeTextFile(script, `#!/bin/bash\n${command}\necho $? > rc\n`);
    const { code, stdout, stderr } = await shell.run(instantiate(config, "submit", {
      job_name: `cromwell_${task}`,
      cwd,
      script,
      out: `${cwd}/stdout`,
      err: `${cwd}/stderr`,
    }));
    assertEquals([code, stderr], [0, ""]);
    const [, jobID = ""] = jobIDRegExp.exec(stdout.trimEnd()) ?? [];
    assertMatch(jobID, /^\d+$/);
    return jobID;
  };
  const isAlive = async (jobID: string) => {
    const { code } = await shell.run(instantiate(config, "check-alive", { job_id: jobID }));
    assert(code === 0 || code === 1);
    return code === 0;
  };
  const read = (task: string, name: string) =>
    Deno.readTextFile(place.at("cromwell executions", task, name));
  await withEmbeddedScheduler(shell, async () => {
    const done = await submit("done", "pwd; echo problem >&2; (exit 4)");
    await waitFor(async () => !(await isAlive(done)), "the end of the task");
    assertEquals(await read("done", "rc"), "4\n");
    assertEquals(await read("done", "stdout"), `${place.at("cromwell executions", "done")}\n`);
    assertEquals(await read("done", "stderr"), "problem\n");

    const endless = await submit("endless", "touch begun; sleep 600");
    await waitFor(() => read("endless", "begun").then(() => true, () => false), "the task");
    assert(await isAlive(endless));
    const killed = await shell.run(instantiate(config, "kill", { job_id: endless }));
    assertEquals(killed.code, 0);
    assert(!(await isAlive(endless)));
    assert(!(await isAlive("99")), "a job that was never issued");
    const { stdout } = await shell.run(`toil-mesos jobs --json ${endless}`);
    assertEquals(JSON.parse(stdout).name, "cromwell_endless");
    assertEquals(JSON.parse(stdout).memory, 2 * 2 ** 30);
  });
  // The scheduler may come back.
  assert(await isAlive("1"));
});
