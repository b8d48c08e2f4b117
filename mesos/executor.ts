/**
 * The interfaces of an executor and of its driver.
 * The names follow Mesos' own executor library.
 *
 * @module
 */

import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  KillPolicy,
  TaskID,
  TaskInfo,
  TaskStatus,
} from "./wire/messages.ts";

/** Callbacks of an executor. They must not throw and must not block; the driver calls them in the
 * order of the events. */
export interface Executor {
  /** The executor registered with the agent for the first time. */
  registered(
    driver: ExecutorDriver,
    executorInfo: ExecutorInfo,
    frameworkInfo: FrameworkInfo,
    agentInfo: AgentInfo,
  ): void;
  /** The executor re-registered, after the agent restarted or the connection broke. */
  reregistered(driver: ExecutorDriver, agentInfo: AgentInfo): void;
  /** The connection to the agent broke; the driver reconnects. */
  disconnected(driver: ExecutorDriver): void;
  /** Launches a task. */
  launchTask(driver: ExecutorDriver, task: TaskInfo): void;
  /** Kills a task, within the grace period of the policy if there is one. */
  killTask(driver: ExecutorDriver, taskId: TaskID, killPolicy: KillPolicy | undefined): void;
  /** The scheduler sent a message. */
  frameworkMessage(driver: ExecutorDriver, data: Uint8Array): void;
  /**
   * Kills all tasks and then stops the driver: the agent or the framework shuts the executor down,
   * or the agent was disconnected for longer than MESOS_RECOVERY_TIMEOUT (or at all, without
   * checkpointing). The agent kills the remaining processes after
   * MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD.
   */
  shutdown(driver: ExecutorDriver): void;
  /** The agent refused the executor for good. `shutdown` follows. */
  error(driver: ExecutorDriver, message: string): void;
}

/** The status of a task; the driver adds uuid, source, timestamp and executor id. */
export type TaskUpdate = Pick<
  TaskStatus,
  "task_id" | "state" | "message" | "labels" | "reason" | "data"
>;

/** The client of the agent's executor API. */
export interface ExecutorDriver {
  /** Starts to connect, and reconnects until stopped. */
  start(): void;
  /**
   * Sends the state of a task to the agent. Never fails: the update is kept, and resent at each
   * re-subscription, until the agent acknowledges it. Updates of a task arrive in order.
   *
   * @returns Resolves once the agent has accepted the update, which it then retries itself.
   */
  sendStatusUpdate(update: TaskUpdate): Promise<void>;
  /** Sends bytes to the scheduler; delivery is not guaranteed. */
  sendFrameworkMessage(data: Uint8Array): void;
  /**
   * Stops: waits up to `drainMs` until the agent has acknowledged all updates, then closes the
   * connections.
   */
  stop(drainMs: number): Promise<void>;
  /** Resolves when the driver has stopped. */
  join(): Promise<void>;
}
