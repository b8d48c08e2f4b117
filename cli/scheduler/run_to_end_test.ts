import { assertEquals, assertRejects } from "@std/assert";
import type { Resource } from "../../resource/resource.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import type { JobsFile } from "./jobs_file.ts";
import type { ResultSink } from "./result_lines.ts";
import { type JobRunEnd, runToEnd } from "./run_to_end.ts";
import { fakeSystem, resultOf } from "../testing.ts";
import type { Terminal } from "../terminal/terminal.ts";

Deno.test("runToEnd() sets the user script before there can be any offer", async () => {
  const calls: string[] = [];
  const called = (name: string) => () => {
    calls.push(name);
    return Promise.resolve();
  };
  const batchSystem = {
    setUserScript: called("setUserScript"),
    start: () => called("start")().then(() => Promise.reject(new Error("refused"))),
    shutdown: called("shutdown"),
  } as unknown as MesosBatchSystem;
  await assertRejects(
    () =>
      runToEnd({
        batchSystem,
        file: { digest: "d", jobs: [] } satisfies JobsFile,
        sink: { write: () => Promise.resolve(), close() {} },
        reported: undefined,
        terminal: fakeSystem().system.terminal,
        signal: new AbortController().signal,
        now: () => 0,
        userScript: {} as Resource,
        isDurable: false,
        mayKeepJobs: false,
      }),
    Error,
    "refused",
  );
  assertEquals(calls, ["setUserScript", "start", "shutdown"]);
});

/** Has three jobs, none of which has ended. */
function batchSystemOf(parts: object): MesosBatchSystem {
  return {
    start: () => Promise.resolve(),
    messageBus: { subscribe: () => () => {} },
    inspection: { hasOtherJobs: false, lastEnded: () => [].values(), job: () => undefined },
    jobFile: () => ({ issued: 3, ended: {} }),
    shutdown: () => Promise.resolve(true),
    ...parts,
  } as unknown as MesosBatchSystem;
}

/** Three jobs run when the user interrupts; one of them ends by itself before it is killed. */
async function interrupt(write: (results: readonly BatchJobResult[]) => Promise<void>) {
  const interrupted = new AbortController();
  const late: BatchJobResult[] = [];
  const batchSystem = batchSystemOf({
    takeResults: () => {
      interrupted.abort("SIGINT");
      return Promise.resolve(late.splice(0));
    },
    shutdown: () => {
      late.push(resultOf(2));
      return Promise.resolve(true);
    },
  });
  return await run(batchSystem, { signal: interrupted.signal, write });
}

Deno.test("runToEnd() counts as ended what could not be written", async () => {
  const interrupted = new AbortController();
  const { system, written } = fakeSystem();
  const taken = [resultOf(1), resultOf(2)];
  const batchSystem = batchSystemOf({
    takeResults: () => Promise.resolve(taken.splice(0)),
  });
  const { summary } = await run(batchSystem, {
    signal: interrupted.signal,
    write: () => {
      interrupted.abort("SIGINT");
      return new Promise(() => {});
    },
    terminal: system.terminal,
  });
  assertEquals(summary, "3 jobs: 2 finished, 0 failed, 0 lost, 1 killed in 0.0 s");
  assertEquals(written.error.trimEnd().split("\n"), [
    "Killing 1 job; press Ctrl-C again to exit immediately",
    "Cannot write 2 results: the reader takes no more",
  ]);
});

/** Runs three jobs. */
function run(
  batchSystem: MesosBatchSystem,
  { signal, write, terminal = fakeSystem().system.terminal }: {
    signal: AbortSignal;
    write: ResultSink["write"];
    terminal?: Terminal;
  },
): Promise<JobRunEnd> {
  return runToEnd({
    batchSystem,
    file: { digest: "d", jobs: [{}, {}, {}] as unknown as JobsFile["jobs"] },
    sink: { write, close() {} },
    reported: undefined,
    terminal,
    signal,
    now: () => 0,
    userScript: undefined,
    isDurable: false,
    mayKeepJobs: false,
  });
}

Deno.test("runToEnd() reports what ended by itself while it was interrupted, and does not count it as killed", async () => {
  const written: number[] = [];
  const { exitCode, summary } = await interrupt((results) => {
    written.push(...results.map(({ jobID }) => jobID));
    return Promise.resolve();
  });
  assertEquals([exitCode, written], [130, [2]]);
  assertEquals(summary, "3 jobs: 1 finished, 0 failed, 0 lost, 2 killed in 0.0 s");
});

Deno.test("runToEnd() counts what it was writing when it was interrupted", async () => {
  const interrupted = new AbortController();
  const ended: Record<string, number> = {};
  const taken = [resultOf(1)];
  const batchSystem = batchSystemOf({
    jobFile: () => ({ issued: 3, ended }),
    takeResults: () => Promise.resolve(taken.splice(0)),
    acknowledgeResults: () => Promise.resolve(void (ended.FINISHED = 1)),
  });
  const { summary } = await run(batchSystem, {
    signal: interrupted.signal,
    write: async () => {
      interrupted.abort("SIGINT");
      await new Promise((resolve) => setTimeout(resolve));
    },
  });
  assertEquals(summary, "3 jobs: 1 finished, 0 failed, 0 lost, 2 killed in 0.0 s");
});

Deno.test("runToEnd() leaves though its last results are not read", async () => {
  const { exitCode, summary } = await interrupt(() => new Promise(() => {}));
  assertEquals(exitCode, 130);
  assertEquals(summary, "3 jobs: 1 finished, 0 failed, 0 lost, 2 killed in 0.0 s");
});
