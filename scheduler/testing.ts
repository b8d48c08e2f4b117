/**
 * What the tests of this folder share: arbitrary values, and a scheduler's logic with nothing
 * around it, driven input by input.
 *
 * @module
 */

import fc from "fast-check";
import type {
  Attribute,
  MesosResource,
  Offer,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../mesos/wire/messages.ts";
import type { Scheduler, SchedulerDriver, SchedulerRequest } from "../mesos/scheduler.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import type { LocalAction } from "./core/frame.ts";
import type { Input } from "./core/inputs.ts";
import { step, type StepResult } from "./core/step.ts";
import type { FrameworkRecord, JobSpec, TaskRecord } from "./core/records.ts";
import type { Shape } from "./core/quantities.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import type { Changes } from "./core/change_log.ts";
import { SchedulerState } from "./core/scheduler_state.ts";
import { executorIdFor } from "./executor_id.ts";
import type { Store } from "./store/store.ts";
import { CopyingStore } from "./store/testing.ts";

/** One MiB. */
export const MIB: number = 2 ** 20;

/** Shapes of all sorts. */
export const anyShape: fc.Arbitrary<Shape> = fc.record({
  cpusMilli: fc.integer({ min: 1, max: 8000 }),
  memoryBytes: fc.integer({ min: 0, max: 64 }).map((n) => n * MIB),
  diskBytes: fc.integer({ min: 0, max: 64 }).map((n) => n * MIB),
  gpus: fc.integer({ min: 0, max: 2 }),
  preemptible: fc.boolean(),
});

/** A shape of one core, less what is said. */
export function shape(rest: Partial<Shape> = {}): Shape {
  return {
    cpusMilli: 1000,
    memoryBytes: 64 * MIB,
    diskBytes: 0,
    gpus: 0,
    preemptible: false,
    ...rest,
  };
}

/** A job of one core, less what is said. */
export function spec(rest: Partial<JobSpec> = {}): JobSpec {
  return {
    command: "true",
    name: "job",
    shape: shape(),
    environment: {},
    local: false,
    ...rest,
  };
}

/** Settings of a scheduler whose executor needs the least that Mesos wants. */
export const SETTINGS: SchedulerSettings = {
  executorCommand: { shell: true, value: "toil-mesos executor" },
  executorIdFor,
  executorQuantities: { cpusMilli: 10, memoryBytes: 32 * MIB, diskBytes: 0, gpus: 0 },
  executorShutdownGraceMs: 10_000,
  taskIdEpoch: "",
  killGraceMs: 5_000,
  unreachableTimeoutMs: 600_000,
  mesosIsTemporary: false,
  isRestored: false,
  bundleMs: 0,
  maxLocalJobs: 2,
  localNode: "leader",
  workerCleanup: { workflowID: "w", cleanWorkDir: "always" },
  stdOutErrPaths: () => undefined,
};

/** A loop turn that has changed nothing. */
export const NO_CHANGES: Changes = {
  jobs: [],
  deletedJobIDs: [],
  tasks: [],
  deletedTaskIds: [],
  executors: [],
  deletedExecutors: [],
  jobFiles: [],
  endedJobs: [],
  requests: [],
  deletedRequestKeys: [],
};

/** The record of a framework that has done nothing yet. */
export function newFramework(): FrameworkRecord {
  return { nextJobID: 1, workflowID: "w", ignoredNodes: [], usesGpus: false };
}

/** A scalar resource as a master offers it. */
export function scalar(
  name: string,
  value: number,
  rest: Partial<MesosResource> = {},
): MesosResource {
  const allocation_info = { role: "*" };
  return { name, type: "SCALAR", scalar: { value }, role: "*", allocation_info, ...rest };
}

/** What an offer of the tests is made of. */
export interface OfferOptions {
  /** Its id. */
  id?: string;
  /** Whose resources. */
  agentId?: string;
  /** Cores. */
  cpus?: number;
  /** MiB of memory. */
  mem?: number;
  /** GPUs. */
  gpus?: number;
  /** The role that it is allocated to. */
  role?: string;
  /** Attributes of the agent. */
  attributes?: Attribute[];
  /** Executors that run there. */
  executorIds?: string[];
}

/** An offer as a master makes it. */
export function offer(options: OfferOptions = {}): Offer {
  const { id = "o1", agentId = "a1", cpus = 4, mem = 4096, gpus, role = "*" } = options;
  const rest = { allocation_info: { role } };
  return {
    id: { value: id },
    framework_id: { value: "f" },
    agent_id: { value: agentId },
    hostname: `host-of-${agentId}`,
    url: { scheme: "http", address: { ip: `ip-of-${agentId}`, port: 5051 }, path: "/slave(1)" },
    resources: [
      scalar("cpus", cpus, rest),
      scalar("mem", mem, rest),
      scalar("disk", 10_000, rest),
      ...(gpus ? [scalar("gpus", gpus, rest)] : []),
    ],
    ...(options.attributes ? { attributes: options.attributes } : {}),
    ...(options.executorIds
      ? { executor_ids: options.executorIds.map((value) => ({ value })) }
      : {}),
    allocation_info: { role },
  };
}

/** The logic, a store, and a clock that the test sets. */
export class LogicHarness {
  /** The time. */
  nowMs = 1_000_000;
  /** The state; replaced by `restart`. */
  state: SchedulerState;
  /** What the last input gave. */
  last: StepResult | undefined;
  readonly #store: Store;
  #settings: SchedulerSettings;
  #updates = 0;

  /** A scheduler that has started, and has not heard of Mesos yet. */
  constructor(settings: Partial<SchedulerSettings> = {}, store: Store = new CopyingStore()) {
    this.#settings = { ...SETTINGS, ...settings };
    this.#store = store;
    this.state = new SchedulerState(store.load(newFramework()), this.nowMs);
    this.run({ type: "STARTED" });
  }

  /** Handles an input and commits. */
  run(input: Input): StepResult {
    this.last = step(this.state, input, { settings: this.#settings, nowMs: this.nowMs });
    const changes = this.state.takeChanges();
    if (changes) this.#store.commit(changes);
    return this.last;
  }

  /** Lets time pass in ticks of a second; gives all calls that were made. */
  pass(ms: number): SchedulerRequest[] {
    const calls: SchedulerRequest[] = [];
    for (let passed = 0; passed < ms; passed += 1000) {
      this.nowMs += 1000;
      calls.push(...this.run({ type: "TICK" }).calls);
    }
    return calls;
  }

  /** Forgets everything that was not committed, and starts anew, perhaps with other settings. */
  restart(settings: Partial<SchedulerSettings> = {}): StepResult {
    this.#settings = { ...this.#settings, ...settings };
    this.state = new SchedulerState(this.#store.load(newFramework()), this.nowMs);
    return this.run({ type: "STARTED" });
  }

  /** Registers with Mesos. */
  subscribe(frameworkId = "f"): StepResult {
    return this.run({ type: "SUBSCRIBED", frameworkId });
  }

  /** Issues jobs. */
  issue(...specs: JobSpec[]): readonly number[] {
    return this.run({ type: "ISSUE", specs }).issuedJobIDs;
  }

  /** Answers an offer; gives the tasks that were launched. */
  offer(...offers: Offer[]): TaskInfo[] {
    return launched(this.run({ type: "OFFERS", offers }).calls);
  }

  /** Subscribes, issues one job and launches it; gives its task id. */
  launchOne(rest: Partial<JobSpec> = {}): string {
    this.subscribe();
    this.issue(spec(rest));
    const [task] = this.offer(offer());
    if (!task) throw new Error("the job was not launched");
    return task.task_id.value;
  }

  /** The task of a job. */
  taskOf(jobID: number): TaskRecord | undefined {
    const job = this.state.jobs.get(jobID);
    return job && this.state.taskOf(job);
  }

  /** The executor reports a state. */
  report(taskId: string, state: TaskStatus["state"], rest: Partial<TaskStatus> = {}): StepResult {
    const uuid = new Uint8Array(16).fill(++this.#updates);
    return this.run({
      type: "UPDATE",
      status: {
        task_id: { value: taskId },
        agent_id: { value: "a1" },
        source: "SOURCE_EXECUTOR",
        state,
        uuid,
        ...rest,
      },
    });
  }

  /** The master tells a state. */
  tell(taskId: string, state: TaskStatus["state"], rest: Partial<TaskStatus> = {}): StepResult {
    return this.run({
      type: "UPDATE",
      status: {
        task_id: { value: taskId },
        agent_id: { value: "a1" },
        source: "SOURCE_MASTER",
        state,
        ...rest,
      },
    });
  }

  /** The types of the last calls. */
  callTypes(): string[] {
    return (this.last?.calls ?? []).map(({ type }) => type ?? "");
  }

  /** The types of the last events. */
  eventTypes(): BatchSystemEvent["type"][] {
    return (this.last?.events ?? []).map(({ type }) => type);
  }

  /** The local actions of the last input. */
  localActions(): LocalAction[] {
    return [...this.last?.localActions ?? []];
  }
}

/** The tasks that calls launch. */
export function launched(calls: readonly SchedulerRequest[]): TaskInfo[] {
  return calls.flatMap(({ accept }) =>
    (accept?.operations ?? []).flatMap(({ launch }) => launch?.task_infos ?? [])
  );
}

/** A driver without a Mesos: what it says is up to a test. It stops at once. */
export abstract class FakeDriver implements SchedulerDriver {
  /** Why there is no subscription. */
  lastError: Error | undefined;
  readonly #ended = Promise.withResolvers<void>();

  /** A driver of this scheduler. */
  constructor(readonly scheduler: Scheduler) {}

  /** Begins to say something. */
  abstract start(): void;

  /** Takes a call. */
  abstract send(request: SchedulerRequest): void;

  /** Has an executor report a state; gives the id of the update. */
  update(
    { task_id, agent_id }: Pick<TaskStatus, "task_id" | "agent_id">,
    state: TaskState,
    outcome: Partial<TaskStatus> = {},
  ): Uint8Array {
    const uuid = crypto.getRandomValues(new Uint8Array(16));
    const source = "SOURCE_EXECUTOR";
    this.scheduler.statusUpdate(this, { task_id, agent_id, state, uuid, source, ...outcome });
    return uuid;
  }

  /** Ends it. */
  stop(): Promise<void> {
    this.#ended.resolve();
    return this.join();
  }

  /** Ends it; a master takes the call. */
  async teardown(): Promise<boolean> {
    await this.stop();
    return true;
  }

  /** Resolves at its end. */
  join(): Promise<void> {
    return this.#ended.promise;
  }
}
