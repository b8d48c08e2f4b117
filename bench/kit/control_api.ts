/**
 * Jobs issued as programs do it: over HTTP, through the control API of a batch system.
 *
 * @module
 */

import { RunRecorder } from "../../control/report/run_recorder.ts";
import { ControlServer } from "../../control/server.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import type { BenchBatchSystem } from "./batch_system.ts";
import { manyJobs } from "./many_jobs.ts";
import { timed } from "./statistics.ts";

const BATCH = 1_000;

/** Issues jobs in batches, one request after the other; resolves to milliseconds. */
export async function issueOverHttp(
  { batch, directory }: BenchBatchSystem,
  { count, shapes }: { count: number; shapes: number },
): Promise<number> {
  const path = `${directory}/control.sock`;
  await using _server = await ControlServer.open({
    scheduler: batch,
    address: { path },
    token: undefined,
    now: SYSTEM_CLOCK.now,
    recorder: new RunRecorder(batch, SYSTEM_CLOCK.now),
    version: "bench",
    name: "bench",
    agents: { headers: {}, caCertificates: undefined },
    setUserScript: () => Promise.resolve(),
    shutDown: () => {},
  });
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const bodies = Array.from(
    { length: count / BATCH },
    (_, index) => bodyOf({ first: index * BATCH, count: BATCH, shapes }),
  );
  const { ms } = await timed(async () => {
    for (const body of bodies) await post(body, client);
  });
  return ms;
}

function bodyOf(range: { first: number; count: number; shapes: number }): string {
  return JSON.stringify(
    manyJobs(range).map(({ command, requirements }) => {
      const { jobName, cores, memory, disk } = requirements ?? {};
      return { command, name: jobName, cores, memory, disk };
    }),
  );
}

async function post(body: string, client: Deno.HttpClient): Promise<void> {
  const response = await fetch("http://localhost/v1/jobs", { method: "POST", body, client });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(`Cannot measure: the API answers ${response.status}: ${answer}`);
  }
}
