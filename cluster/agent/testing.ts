/**
 * An agent's logic alone, with a clock that stands.
 *
 * @module
 */

import type {
  ExecutorEvent,
  FrameworkInfo,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/messages.ts";
import type { AgentMessage, MasterMessage } from "../agent_protocol.ts";
import { parseResources } from "../resource_text.ts";
import { allocate } from "../resources.ts";
import { idleExecutor } from "../testing.ts";
import { type AgentInput, step } from "./agent.ts";
import type { AgentEffect, AgentTimeout, Checkpoint, Run } from "./effects.ts";
import type { Executor, Framework } from "./records.ts";
import { recover, type RecoveredFramework } from "./recovery.ts";
import { AgentState } from "./state.ts";

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
      now: () => 1_000_000,
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
