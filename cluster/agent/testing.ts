/**
 * What tests of an agent need: its logic alone with a clock that stands, and a real one in a small
 * cluster, with an executor that does and shows just what a test wants.
 *
 * @module
 */

import {
  executorCallCodec,
  executorEventCodec,
  type MediaType,
  PROTOBUF,
} from "../../mesos/wire/codec.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  ExecutorInfo,
  FrameworkInfo,
  Offer,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import { waitFor } from "../../tests/kit/wait_for.ts";
import type { AgentMessage, MasterMessage } from "../protocol/agent_protocol.ts";
import type { AgentHandle, AgentOptions, MasterOptions } from "../cluster.ts";
import { parseResources } from "../resources/resource_text.ts";
import { allocate } from "../resources/resource_arithmetic.ts";
import {
  type Answer,
  ApiClient,
  ask,
  idleExecutor,
  type OpenCluster,
  randomUuid,
  startOpenCluster,
  task,
  TestScheduler,
  type TestSchedulerOptions,
} from "../testing.ts";
import { type AgentInput, step } from "./core/agent_step.ts";
import type { AgentEffect, AgentTimeout, Checkpoint, Run } from "./core/agent_effects.ts";
import type { Executor, Framework } from "./core/agent_records.ts";
import { recover, type RecoveredFramework } from "./recovery.ts";
import { AgentState } from "./core/agent_state.ts";

/** An agent that is registered, and what it wanted done. */
export class LogicalAgent {
  /** What it knows. */
  readonly state: AgentState;
  /** Everything that it wanted done so far. */
  readonly effects: AgentEffect[] = [];
  #uuids = 0;
  #streams = 0;

  /**
   * An agent with the id `A`.
   *
   * @param recovered What its earlier run wrote down; it waits for those executors then.
   */
  constructor(recovered: readonly RecoveredFramework[] = []) {
    this.state = new AgentState({
      info: { hostname: "host", port: 5051, id: { value: "A" } },
      ip: "127.0.0.1",
      executorRegistrationTimeoutMs: 60_000,
      executorReregistrationTimeoutMs: 2_000,
      executorShutdownGracePeriodMs: 5_000,
      updateRetryMs: 10_000,
      isolateCpus: true,
      now: () => 1_000_000,
      userError: (user) => user === "root" ? undefined : `No such user '${user}'`,
      newUuid: () => `00000000-0000-4000-8000-${String(++this.#uuids).padStart(12, "0")}`,
    });
    recover(this.state, recovered);
    this.take({ type: "START" });
    if (recovered.length === 0) this.register();
  }

  /** The master takes it. */
  register(): AgentEffect[] {
    return this.order({
      type: "REGISTERED",
      agentId: "A",
      pingTimeoutMs: 75_000,
      reconciliations: [],
    });
  }

  /** Something happens; gives what is to be done about it. */
  take(input: AgentInput): AgentEffect[] {
    const effects = step(this.state, input);
    this.effects.push(...effects);
    return effects;
  }

  /** The master says something. */
  order(message: MasterMessage): AgentEffect[] {
    return this.take({ type: "MASTER_MESSAGE", message });
  }

  /** The master has a task run. */
  run(
    task: TaskInfo,
    { launchExecutor = true, info = {} }: {
      launchExecutor?: boolean;
      info?: Partial<FrameworkInfo>;
    } = {},
  ): AgentEffect[] {
    const framework = { ...FRAMEWORK, ...info };
    return this.order({ type: "RUN_TASK", framework, task, launchExecutor });
  }

  /** A timer fires. */
  timeout(timeout: AgentTimeout): AgentEffect[] {
    return this.take({ type: "TIMEOUT", timeout });
  }

  /** The framework of the tasks. */
  get framework(): Framework {
    const framework = this.state.frameworks.get("F");
    if (!framework) throw new Error("Cannot find framework F: it is gone");
    return framework;
  }

  /** The executor of the tasks. */
  get executor(): Executor {
    const [executor] = this.framework.executors.values();
    if (!executor) throw new Error("Cannot find the executor: it is gone");
    return executor;
  }

  /** Which run of it. */
  get lastRun(): Run {
    return this.executor.run;
  }

  /** The executor subscribes; gives its stream. */
  subscribe(updates: TaskStatus[] = [], tasks: TaskInfo[] = []): string {
    const streamId = `stream-${++this.#streams}`;
    this.take({
      type: "SUBSCRIBE",
      framework: this.framework,
      executor: this.executor,
      streamId,
      subscribe: {
        unacknowledged_updates: updates.map((status) => ({ status })),
        unacknowledged_tasks: tasks,
      },
    });
    return streamId;
  }

  /** The executor tells the state of a task. */
  tell(taskId: string, state: TaskState, uuid: Uint8Array): AgentEffect[] {
    const status: TaskStatus = {
      task_id: { value: taskId },
      state,
      uuid,
      source: "SOURCE_EXECUTOR",
    };
    return this.take({ type: "UPDATE", framework: this.framework, status });
  }

  /** The framework confirms an update. */
  acknowledge(taskId: string, uuid: Uint8Array): AgentEffect[] {
    return this.order({ type: "ACKNOWLEDGE", frameworkId: "F", taskId, uuid });
  }

  /** What the executor was told on a stream. */
  events(streamId: string): ExecutorEvent[] {
    return this.effects.flatMap((effect) =>
      effect.type === "EVENT" && effect.streamId === streamId ? [effect.event] : []
    );
  }

  /** What the master was told. */
  get told(): AgentMessage[] {
    return this.effects.flatMap((effect) => effect.type === "TELL_MASTER" ? [effect.message] : []);
  }

  /** The updates among it, in short. */
  get updates(): string[] {
    return this.told.flatMap((message) =>
      message.type === "STATUS_UPDATE"
        ? [[message.status.state, message.status.reason, message.status.message].join(" ").trim()]
        : []
    );
  }

  /** What was written down. */
  get checkpoints(): Checkpoint[] {
    return this.effects.flatMap((effect) =>
      effect.type === "CHECKPOINT" ? [effect.checkpoint] : []
    );
  }
}

/** The framework of all tasks. */
export const FRAMEWORK: FrameworkInfo = {
  id: { value: "F" },
  user: "root",
  name: "test",
  checkpoint: true,
  roles: ["*"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
};

/** A task for the agent. */
export function taskOf(id: string, executor = idleExecutor()): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: "A" },
    executor: { ...executor, framework_id: { value: "F" } },
    resources: allocate(parseResources("cpus:1;mem:32"), "*"),
  };
}

/** Options of {@linkcode ScriptedExecutor}. */
export interface TestExecutorOptions {
  /** Where the agent is. */
  agent: URL;
  /** Whose executor. */
  frameworkId: string;
  /** Which executor. @default {"toil-1"} */
  executorId?: string;
  /** The encoding of calls and events. @default {PROTOBUF} */
  mediaType?: MediaType;
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** Told by SUBSCRIBE. */
  unacknowledgedTasks?: TaskInfo[];
  /** Told by SUBSCRIBE. */
  unacknowledgedUpdates?: TaskStatus[];
}

/** Speaks for an executor. */
export class ScriptedExecutor {
  readonly #client: ApiClient<ExecutorCall, ExecutorEvent>;
  readonly #ids: Pick<ExecutorCall, "framework_id" | "executor_id">;

  /**
   * An executor that has not subscribed.
   *
   * @param options Who it is.
   */
  constructor(options: TestExecutorOptions) {
    const { agent, frameworkId, executorId = "toil-1", mediaType = PROTOBUF } = options;
    this.#ids = { framework_id: { value: frameworkId }, executor_id: { value: executorId } };
    this.#client = new ApiClient<ExecutorCall, ExecutorEvent>({
      url: new URL("/api/v1/executor", agent),
      callCodec: executorCallCodec,
      eventCodec: executorEventCodec,
      mediaType,
      headers: options.headers ?? {},
    });
  }

  /** Subscribes, as soon as the agent knows the executor. */
  static async subscribe(options: TestExecutorOptions): Promise<ScriptedExecutor> {
    const { unacknowledgedTasks = [], unacknowledgedUpdates = [] } = options;
    return await waitFor(async () => {
      const executor = new ScriptedExecutor(options);
      try {
        await executor.#client.open({
          type: "SUBSCRIBE",
          ...executor.#ids,
          subscribe: {
            unacknowledged_tasks: unacknowledgedTasks,
            unacknowledged_updates: unacknowledgedUpdates.map((status) => ({ status })),
          },
        });
        return executor;
      } catch {
        return undefined;
      }
    }, "the subscription of an executor");
  }

  /** All events so far. */
  get events(): ExecutorEvent[] {
    return this.#client.events;
  }

  /** What came with the answer to SUBSCRIBE. */
  get headers(): Headers {
    return this.#client.headers ?? new Headers();
  }

  /** The next event of a type. */
  event(type: ExecutorEvent["type"]): Promise<ExecutorEvent> {
    return this.#client.take((event) => event.type === type, `a ${type}`);
  }

  /** Sends a call. */
  send(call: Partial<ExecutorCall>): Promise<Answer> {
    return this.#client.send({ ...this.#ids, ...call });
  }

  /** Tells the state of a task; gives what was told. */
  async tell(
    taskId: string,
    state: TaskState,
    more: Partial<TaskStatus> = {},
  ): Promise<TaskStatus> {
    const status: TaskStatus = {
      task_id: { value: taskId },
      executor_id: this.#ids.executor_id,
      state,
      source: "SOURCE_EXECUTOR",
      uuid: randomUuid(),
      message: "",
      ...more,
    };
    const answer = await this.send({ type: "UPDATE", update: { status } });
    if (answer.status !== 202) throw new Error(`UPDATE was answered with ${answer.body}`);
    return status;
  }

  /** Waits until the agent has ended the stream. */
  finished(): Promise<void> {
    return this.#client.finished();
  }

  /** Leaves without a word. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** What a small agent offers, and how long its executors may take to end. */
export const SMALL_AGENT = {
  ip: "127.0.0.1",
  resources: "cpus:2;mem:512;disk:100;ports:[1000-1009]",
  switchUser: false,
  executorShutdownGracePeriodMs: 20,
};

/** A cluster of one agent, and a framework on it. */
export interface TestCluster {
  /** The cluster. */
  cluster: OpenCluster;
  /** Its agent. */
  agent: AgentHandle;
  /** The framework. */
  scheduler: TestScheduler;
  /** All of the agent. */
  offer: Offer;
}

/** Options of {@linkcode withCluster}: those of the agent and of the framework are merged in. */
export interface TestClusterOptions {
  /** Where everything is kept; without it, in a temporary directory. */
  workDirectory?: string;
  /** Options of the master. */
  master?: MasterOptions;
  /** What differs from {@linkcode SMALL_AGENT}. */
  agent?: Partial<AgentOptions>;
  /** Of the framework. */
  scheduler?: TestSchedulerOptions;
}

/** Runs a test with a cluster, and ends all of it. */
export async function withCluster(
  { agent, scheduler: schedulerOptions, ...more }: TestClusterOptions,
  test: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  const cluster = await startOpenCluster({ ...more, agent: { ...SMALL_AGENT, ...agent } });
  let scheduler: TestScheduler | undefined;
  try {
    scheduler = await TestScheduler.subscribe(cluster.master.url, schedulerOptions);
    const [offer] = await scheduler.offers();
    if (!offer) throw new Error("Cannot begin: there is no offer");
    await test({ cluster, agent: cluster.agent, scheduler, offer });
  } finally {
    await cluster.stop();
    await scheduler?.close();
  }
}

/** Launches the task `1` and speaks for its executor. */
export async function launchExecutor(
  { agent, scheduler, offer }: TestCluster,
  executor: ExecutorInfo = idleExecutor(),
): Promise<ScriptedExecutor> {
  await scheduler.launch(offer, [task("1", offer, { executor })]);
  return await ScriptedExecutor.subscribe({ agent: agent.url, frameworkId: scheduler.frameworkId });
}

/** Waits until a file in the executor's sandbox has a content; gives it. */
export async function readSandbox(
  { agent, scheduler }: TestCluster,
  name: string,
): Promise<string> {
  const url = new URL("/files/read", agent.url);
  const sandbox = `/frameworks/${scheduler.frameworkId}/executors/toil-1/runs/latest`;
  url.searchParams.set("path", `${sandbox}/${name}`);
  url.searchParams.set("offset", "0");
  return await waitFor(async () => {
    const { status, body } = await ask(url);
    return status === 200 ? JSON.parse(body).data || undefined : undefined;
  }, `${name} in the sandbox`);
}
