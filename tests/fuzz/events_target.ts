/**
 * Events as a newer, broken or hostile Mesos might send them, given to the scheduler's logic: it
 * never fails, and what it writes down can be read again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { schedulerCallCodec, schedulerEventCodec } from "../../mesos/wire/codec.ts";
import { MessageDecodeError } from "../../mesos/mesos_errors.ts";
import type { SchedulerEvent } from "../../mesos/wire/messages.ts";
import type { SchedulerDriver } from "../../mesos/scheduler.ts";
import type { Input } from "../../scheduler/core/inputs.ts";
import { MesosCallbacks } from "../../scheduler/mesos_callbacks.ts";
import type { EndedJobRecord } from "../../scheduler/core/records.ts";
import type { Changes, StoredState } from "../../scheduler/core/change_log.ts";
import type { HistoryQuery, Store } from "../../scheduler/store/store.ts";
import { CopyingStore } from "../../scheduler/store/testing.ts";
import {
  endedJobCodec,
  executorCodec,
  frameworkCodec,
  jobCodec,
  type RecordCodec,
} from "../../scheduler/store/record_schemas.ts";
import { LogicHarness, newFramework, offer, spec } from "../../scheduler/testing.ts";
import { capturedEvents } from "./corpus.ts";
import { mutateBytes } from "./mutation.ts";
import { attempt, type Target } from "./target.ts";
import { mutateFields } from "./wire.ts";

/** A store that makes sure that what it keeps could be read from a disk. */
class CheckingStore implements Store {
  readonly #store = new CopyingStore();

  load(): StoredState {
    return this.#store.load(newFramework());
  }

  commit(changes: Changes): void {
    const { framework, jobs, executors } = changes;
    const check = <T>({ write, read }: RecordCodec<T>, record: T) =>
      assertEquals(read(write(record)), JSON.parse(JSON.stringify(record)));
    if (framework) check(frameworkCodec, framework);
    for (const job of jobs) {
      check(jobCodec, job);
      if (job.result) assert(Number.isFinite(job.result.wallTimeSeconds));
    }
    for (const executor of executors) check(executorCodec, executor);
    for (const job of changes.endedJobs) check(endedJobCodec, job);
    this.#store.commit(changes);
  }

  endedJob(jobID: number): EndedJobRecord | undefined {
    return this.#store.endedJob(jobID);
  }

  findEndedJobs(query: HistoryQuery): Generator<EndedJobRecord, void, void> {
    return this.#store.findEndedJobs(query);
  }

  endedJobs(): Generator<EndedJobRecord, void, void> {
    return this.#store.endedJobs();
  }

  close(): void {}
}

const DRIVER = {} as SchedulerDriver;

/** As the driver does it. */
function deliver(callbacks: MesosCallbacks, event: SchedulerEvent): void {
  const { subscribed, offers, rescind, update, message, failure } = event;
  if (subscribed) callbacks.registered(DRIVER, subscribed.framework_id);
  if (offers) callbacks.resourceOffers(DRIVER, offers.offers ?? []);
  if (rescind) callbacks.offerRescinded(DRIVER, rescind.offer_id);
  if (update) callbacks.statusUpdate(DRIVER, update.status);
  if (message) {
    const { executor_id, agent_id, data } = message;
    callbacks.frameworkMessage(DRIVER, executor_id, agent_id, data);
  }
  if (failure?.agent_id) {
    const { agent_id, executor_id, status = 0 } = failure;
    if (executor_id) callbacks.executorLost(DRIVER, executor_id, agent_id, status);
    else callbacks.agentLost(DRIVER, agent_id);
  }
}

/** Events about the task, the agent and the offers of the harness. */
function ownEvents(): Uint8Array[] {
  const status = { task_id: { value: "1-1" }, agent_id: { value: "a1" }, uuid: new Uint8Array(16) };
  const labels = { labels: [{ key: "wallTime", value: "1.5" }] };
  const events: SchedulerEvent[] = [
    { type: "OFFERS", offers: { offers: [offer({ id: "o2", executorIds: ["e"] }), offer()] } },
    { type: "OFFERS", offers: { offers: [offer({ agentId: "a2", role: "r", gpus: 2 })] } },
    ...(["TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED", "TASK_UNREACHABLE"] as const).map(
      (state): SchedulerEvent => ({
        type: "UPDATE",
        update: { status: { ...status, state, labels, message: "3", source: "SOURCE_EXECUTOR" } },
      }),
    ),
    { type: "UPDATE", update: { status: { task_id: { value: "1-1" }, state: "TASK_GONE" } } },
    { type: "FAILURE", failure: { agent_id: { value: "a1" }, executor_id: { value: "e" } } },
  ];
  return events.map((event) => schedulerEventCodec.encode(event));
}

/** Events, as the scheduler takes them. */
export const eventsTarget: Target = {
  name: "events",
  iterations: 600,
  seeds: () => [...ownEvents(), ...capturedEvents("scheduler-protobuf")],
  mutate: (input, chance, others) =>
    (chance.happens(0.9) ? mutateFields(input, chance) : undefined) ??
      mutateBytes(input, chance, { others }),
  check(bytes, chance) {
    const read = attempt(MessageDecodeError, () => schedulerEventCodec.decode(bytes));
    if ("refused" in read) return "refused";
    const harness = new LogicHarness({}, new CheckingStore());
    const answers: string[] = [];
    const run = (input: Input) => {
      for (const call of harness.run(input).calls) {
        // What is answered can be sent, and says what it should.
        assertEquals(schedulerCallCodec.decode(schedulerCallCodec.encode(call)).type, call.type);
        answers.push(call.type ?? "");
      }
    };
    harness.launchOne();
    harness.issue(spec(), spec({ local: true }));
    const callbacks = new MesosCallbacks({ submit: run, refused: () => {} });
    const { offers } = read.value;
    for (let times = chance.whole(1, 3); times > 0; times--) {
      answers.length = 0;
      deliver(callbacks, read.value);
      if (!offers) continue;
      const answered = answers.filter((type) => type === "ACCEPT" || type === "DECLINE").length;
      assertEquals(answered, offers.offers?.length ?? 0, "every offer is answered");
    }
    harness.restart();
    harness.subscribe();
    harness.pass(120_000);
    return answers.length > 0 ? "answered" : "taken";
  },
};
