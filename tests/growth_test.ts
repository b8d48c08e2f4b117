/**
 * What a scheduler holds does not grow with the jobs that it has done.
 *
 * @module
 */

import { assert } from "@std/assert";
import { RunRecorder } from "../control/report/run_recorder.ts";
import { EventFeed } from "../control/event_feed.ts";
import { Metrics } from "../control/metrics.ts";
import { encodeOutcome } from "../job/task_outcome.ts";
import type { SchedulerRequest } from "../mesos/scheduler.ts";
import { MesosBatchSystem } from "../scheduler/batch_system.ts";
import { MemoryStore } from "../scheduler/store/memory_store.ts";
import { FakeDriver, launched, offer } from "../scheduler/testing.ts";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { VERSION } from "../support/version.ts";
import { heapGrowth } from "./kit/heap.ts";
import { small, toConfig } from "./kit/test_batch_system.ts";

/** More than any history of the scheduler is long, and than its report knows nodes. */
const JOBS = 11_000;

/** Jobs that are issued together. */
const BATCH_JOBS = 20;

/** Jobs of one agent; then another one takes its place. */
const JOBS_PER_AGENT = 20;

/** Clients that wait for the end of the last of them. */
const FOLLOWERS = 20;

/** Less than the smallest record of a job. */
const MAX_BYTES_PER_JOB = 100;

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 0.5 });

/** A Mesos whose jobs end at once, and whose agents come and go. */
class BusyMesos extends FakeDriver {
  #launches = 0;
  #offers = 0;

  start(): void {
    queueMicrotask(() => this.scheduler.registered(this, { value: "f" }));
  }

  send(request: SchedulerRequest): void {
    if (request.type === "REVIVE") queueMicrotask(() => this.#offer());
    for (const task of launched([request])) {
      queueMicrotask(() => this.update(task, "TASK_FINISHED", FINISHED));
      if (++this.#launches % JOBS_PER_AGENT === 0) {
        queueMicrotask(() => this.scheduler.agentLost(this, task.agent_id));
      }
    }
  }

  #offer(): void {
    const agentId = `a${Math.floor(this.#launches / JOBS_PER_AGENT)}`;
    const id = `o${++this.#offers}`;
    this.scheduler.resourceOffers(this, [offer({ id, agentId, cpus: JOBS_PER_AGENT / 10 })]);
  }
}

async function runJobs(batchSystem: MesosBatchSystem): Promise<void> {
  const jobs = Array.from({ length: BATCH_JOBS }, () => ({
    command: "true",
    requirements: small(),
  }));
  for (let issued = 0; issued < JOBS; issued += BATCH_JOBS) {
    const [first = 0] = await batchSystem.issueBatchJobs(jobs);
    const followed = Array.from(
      { length: FOLLOWERS },
      () => batchSystem.inspection.waitForEnd(first + BATCH_JOBS - 1, { maxWaitMs: 60_000 }),
    );
    for (let taken = 0; taken < BATCH_JOBS;) {
      const results = await batchSystem.takeResults({ limit: BATCH_JOBS, maxWaitMs: 60_000 });
      await batchSystem.acknowledgeResults(results.map(({ jobID }) => jobID));
      taken += results.length;
    }
    await Promise.all(followed);
  }
}

Deno.test("a scheduler, its metrics, its events and its report hold no more after many jobs", async () => {
  const { now } = SYSTEM_CLOCK;
  await using batchSystem = new MesosBatchSystem(toConfig("/nowhere", {}), {
    store: new MemoryStore(),
    now,
    createDriver: (scheduler) => new BusyMesos(scheduler),
  });
  const recorder = new RunRecorder(batchSystem, now);
  const metrics = new Metrics({ scheduler: batchSystem, now, version: VERSION });
  const feed = new EventFeed(batchSystem.messageBus, now);
  await batchSystem.start();
  const grown = await heapGrowth(() => runJobs(batchSystem)) / JOBS;
  for (const each of [recorder, metrics, feed]) each.close();
  assert(grown < MAX_BYTES_PER_JOB, `the heap has grown by ${grown} bytes a job`);
});
