/**
 * The agent's state and the operations on it. Pure: side effects
 * are collected as effects.
 *
 * @module
 */

import type { AgentId, FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type { AgentInfo, ExecutorEvent, TaskStatus } from "../../../mesos/wire/messages.ts";
import type { AgentMessage } from "../../protocol/agent_protocol.ts";
import { newStatus, type StatusOptions } from "../../protocol/task_status.ts";
import type { AgentOptions } from "../agent_options.ts";
import type { AgentEffect, AgentTimeout, Checkpoint, Run } from "./agent_effects.ts";
import {
  type Executor,
  executorOfTask,
  type Framework,
  hasIncompleteTasks,
} from "./agent_records.ts";
import {
  type StatusUpdateHost,
  StatusUpdateManager,
  type TaskKey,
} from "./status_update_manager.ts";

type OptionsOfAgent =
  | "executorRegistrationTimeoutMs"
  | "executorReregistrationTimeoutMs"
  | "executorShutdownGracePeriodMs"
  | "updateRetryMs"
  | "isolateCpus";

export interface AgentStateOptions extends Required<Pick<AgentOptions, OptionsOfAgent>> {
  /** The agent's resources and attributes; with an id when it was registered before. */
  info: AgentInfo;
  ip: string;
  now: () => number;
  newUuid: () => string;
  /** Why no executor can run as a user; undefined when one can. */
  userError: (user: string) => string | undefined;
}

export class AgentState implements StatusUpdateHost {
  readonly options: AgentStateOptions;
  info: AgentInfo;
  /**
   * RECOVERING waits for executors, DISCONNECTED for a master, TERMINATING for executors to end.
   */
  phase: "RECOVERING" | "DISCONNECTED" | "RUNNING" | "TERMINATING" = "RECOVERING";
  /** How long the agent waits for a ping before it registers again, in milliseconds. */
  pingTimeoutMs = 0;
  readonly frameworks: Map<FrameworkId, Framework> = new Map();
  readonly updates: StatusUpdateManager;
  #effects: AgentEffect[] = [];

  constructor(options: AgentStateOptions) {
    this.options = options;
    this.info = options.info;
    this.updates = new StatusUpdateManager(this, options.updateRetryMs);
  }

  /** The agent's id; empty before its first registration. */
  get id(): AgentId {
    return this.info.id?.value ?? "";
  }

  want(effect: AgentEffect): void {
    this.#effects.push(effect);
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.want({ type: "CHECKPOINT", checkpoint });
  }

  /** Checkpoints what the next run of the agent must know about an executor. */
  checkpointExecutor({ run, info, served }: Executor): void {
    this.checkpoint({ type: "EXECUTOR", run, info, served });
  }

  /** Removes and returns the collected effects, in order. */
  takeEffects(): AgentEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  tellMaster(message: AgentMessage): void {
    this.want({ type: "TELL_MASTER", message });
  }

  sendEvent({ streamId }: Executor, event: ExecutorEvent): void {
    if (streamId !== undefined) this.want({ type: "EVENT", streamId, event });
  }

  newStatus(options: StatusOptions): TaskStatus {
    const uuid = Uint8Array.fromHex(this.options.newUuid().replaceAll("-", ""));
    const { nowMs } = this;
    return newStatus("SOURCE_AGENT", { ...options, agentId: this.id, uuid, nowMs });
  }

  get nowMs(): number {
    return this.options.now();
  }

  /** Finds the executor of a run, which may have ended. */
  executorOfRun({ frameworkId, executorId, containerId }: Run): Executor | undefined {
    const executor = this.frameworks.get(frameworkId)?.executors.get(executorId);
    return executor?.run.containerId === containerId ? executor : undefined;
  }

  /** Removes an executor that ended and has no incomplete task, and then its framework. */
  removeExecutor(framework: Framework, executor: Executor): void {
    framework.executors.delete(executor.run.executorId);
    this.#clearTimers(executor);
    this.checkpoint({ type: "EXECUTOR_DONE", run: executor.run });
    if (framework.executors.size === 0) this.removeFramework(framework);
  }

  removeFramework(framework: Framework): void {
    if (!this.frameworks.delete(framework.id)) return;
    this.updates.removeFramework(framework.id);
    this.checkpoint({ type: "FRAMEWORK_DONE", frameworkId: framework.id });
  }

  /** Removes an executor and a framework that have nothing left to wait for. */
  removeSettled(framework: Framework, executor: Executor): void {
    const nobodyListens = framework.terminating || this.phase === "TERMINATING";
    if (executor.state === "TERMINATED" && (nobodyListens || !hasIncompleteTasks(executor))) {
      this.removeExecutor(framework, executor);
    }
  }

  #clearTimers({ run }: Executor): void {
    for (const type of ["EXECUTOR_REGISTRATION", "EXECUTOR_SHUTDOWN"] as const) {
      this.want({ type: "CLEAR_TIMER", timeout: { type, ...run } });
    }
  }

  forward({ frameworkId, taskId }: TaskKey, status: TaskStatus): void {
    const framework = this.frameworks.get(frameworkId);
    const executor = framework && executorOfTask(framework, taskId);
    const task = executor?.tasks.get(taskId);
    if (task) {
      task.statusUpdateState = status.state;
      task.statusUpdateUuid = status.uuid;
    }
    this.tellMaster({ type: "STATUS_UPDATE", frameworkId, status, latestState: task?.state });
  }

  setRetry(key: TaskKey, afterMs: number): void {
    this.want({ type: "SET_TIMER", timeout: this.#retryOf(key), afterMs });
  }

  clearRetry(key: TaskKey): void {
    this.want({ type: "CLEAR_TIMER", timeout: this.#retryOf(key) });
  }

  recordUpdate({ frameworkId, taskId }: TaskKey, status: TaskStatus): void {
    const run = this.#runOf(frameworkId, taskId);
    if (run) this.checkpoint({ type: "UPDATE", run, taskId, status });
  }

  recordAcknowledgement({ frameworkId, taskId }: TaskKey, uuid: Uint8Array): void {
    const run = this.#runOf(frameworkId, taskId);
    if (run) this.checkpoint({ type: "ACKNOWLEDGEMENT", run, taskId, uuid });
  }

  #runOf(frameworkId: FrameworkId, taskId: TaskId): Run | undefined {
    const framework = this.frameworks.get(frameworkId);
    return framework && executorOfTask(framework, taskId)?.run;
  }

  #retryOf({ frameworkId, taskId }: TaskKey): AgentTimeout {
    return { type: "UPDATE_RETRY", frameworkId, taskId };
  }
}
