import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import type { JobEnd } from "./core/job_lifecycle.ts";
import { LocalJobs } from "./local_jobs.ts";
import type { JobRecord } from "./core/records.ts";
import { spec } from "./testing.ts";

function job(jobID: number, command: string): JobRecord {
  return { jobID, spec: spec({ command, local: true }), attempt: 1, killRequested: false };
}

function open(directory: string): { jobs: LocalJobs; ends: Map<number, JobEnd> } {
  const ends = new Map<number, JobEnd>();
  const jobs = new LocalJobs({
    directory,
    cleanWorkDir: "always",
    adoptsOrphans: true,
    environment: {},
    stdOutErrPaths: () => undefined,
    killGraceMs: 1_000,
    ended: (jobID, end) => void ends.set(jobID, end),
  });
  return { jobs, ends };
}

Deno.test("LocalJobs tells how each job ended", async () => {
  await using directory = await TemporaryDirectory.create();
  const { jobs, ends } = open(directory.path);
  jobs.start(job(1, "exit 0"));
  jobs.start(job(2, "echo 'no such gene' >&2; exit 3"));
  jobs.start(job(3, "sleep 1000"));
  jobs.kill(3);
  jobs.kill(4);
  await waitFor(() => ends.size === 3, "the ends");
  await jobs.close();
  assertEquals(ends.get(1)?.exitStatus, 0);
  assertEquals([ends.get(2)?.exitStatus, ends.get(2)?.message], [3, "no such gene"]);
  assertEquals(ends.get(3)?.exitReason, "KILLED");
});

Deno.test("LocalJobs tells of jobs that can't be started", async () => {
  await using directory = await TemporaryDirectory.create();
  const { jobs, ends } = open(directory.at("file", "in the way"));
  await Deno.writeTextFile(directory.at("file"), "");
  jobs.start(job(1, "exit 0"));
  await waitFor(() => ends.has(1), "the end");
  assertEquals(ends.get(1)?.exitReason, "ERROR");
  await jobs.close();
});

Deno.test("LocalJobs ends jobs when it is closed, and does not say that they have ended", async () => {
  await using directory = await TemporaryDirectory.create();
  const { jobs, ends } = open(directory.path);
  const ready = directory.at("ready");
  const saved = directory.at("saved");
  jobs.start(
    job(1, `trap 'echo >${saved}; exit 0' TERM; echo >${ready}; while :; do sleep 0.01; done`),
  );
  await waitFor(() => Deno.stat(ready).catch(() => undefined), "the job to run");
  jobs.start(job(2, "sleep 1000"));
  await jobs.close();
  // Nor one that exits with 0 since it was asked to end: it will be run again.
  assertEquals((await Deno.stat(saved)).isFile, true);
  assertEquals(ends, new Map());
});

Deno.test("LocalJobs keeps what it runs apart, removes its scratch, and ends it after its time", async () => {
  await using directory = await TemporaryDirectory.create();
  const { jobs, ends } = open(directory.at("w"));
  jobs.start(job(1, "pwd; echo >scratch"));
  const limited = job(2, "sleep 1000");
  jobs.start({ ...limited, spec: { ...limited.spec, timeLimitMs: 50 } });
  await waitFor(() => ends.size === 2, "the ends");
  await jobs.close();
  assertEquals([...Deno.readDirSync(directory.at("w", "1", "1"))].map(({ name }) => name).sort(), [
    "stderr",
    "stdout",
  ]);
  const output = await Deno.readTextFile(directory.at("w", "1", "1", "stdout"));
  assertEquals(output.trim(), directory.at("w", "1", "1"));
  const { exitReason, message } = ends.get(2) ?? {};
  // As a job that runs on a node.
  assertEquals([exitReason, message], [
    "MAXJOBDURATION",
    "it exceeded its time limit: ended by signal 15",
  ]);
});
