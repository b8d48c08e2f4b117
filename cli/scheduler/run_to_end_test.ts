import { assertEquals, assertRejects } from "@std/assert";
import type { Resource } from "../../resource/resource.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { JobsFile } from "./jobs_file.ts";
import { runToEnd } from "./run_to_end.ts";
import { Terminal } from "../terminal/terminal.ts";

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
  const silent = {
    writeOutput() {},
    appendOutput: () => Promise.resolve(),
    writeError() {},
    isTerminal: false,
    columns: () => 80,
  };
  await assertRejects(
    () =>
      runToEnd({
        batchSystem,
        file: { digest: "d", jobs: [] } satisfies JobsFile,
        sink: { write: () => Promise.resolve(), close() {} },
        reported: [],
        terminal: new Terminal(silent),
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
