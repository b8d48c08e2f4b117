/**
 * The two sides of an executor: what a driver calls, and what it offers.
 * The names are those of Mesos' own executor library.
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
  /** The agent knows us, for the first time. */
  registered(
    driver: ExecutorDriver,
    executorInfo: ExecutorInfo,
    frameworkInfo: FrameworkInfo,
    agentInfo: AgentInfo,
  ): void;
  /** The agent knows us again, after it was restarted or the connection broke. */
  reregistered(driver: ExecutorDriver, agentInfo: AgentInfo): void;
  /** The connection to the agent broke; the driver is trying to get it back. */
  disconnected(driver: ExecutorDriver): void;
  /** Run this task. */
  launchTask(driver: ExecutorDriver, task: TaskInfo): void;
  /** End this task, within the grace period of the policy where there is one. */
  killTask(driver: ExecutorDriver, taskId: TaskID, killPolicy: KillPolicy | undefined): void;
  /** Bytes from the scheduler. */
  frameworkMessage(driver: ExecutorDriver, data: Uint8Array): void;
  /**
   * End everything and then stop the driver: the agent, or the framework, wants us gone, or the
   * agent has been away for longer than MESOS_RECOVERY_TIMEOUT (or at all, without checkpointing).
   * The agent kills what is left after MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD.
   */
  shutdown(driver: ExecutorDriver): void;
  /** The agent refuses us for good. `shutdown` follows. */
  error(driver: ExecutorDriver, message: string): void;
}

/** What an executor says of a task; the driver adds uuid, source, timestamp and executor id. */
export type TaskUpdate = Pick<TaskStatus, "task_id" | "state" | "message" | "labels" | "reason">;

/** The way to the agent. */
export interface ExecutorDriver {
  /** Connects, and keeps connecting. */
  start(): void;
  /**
   * Tells the agent the state of a task. Never fails: the update is kept, and sent again with each
   * re-subscription, until the agent acknowledges it. Updates of a task arrive in order.
   *
   * @returns Settles once the agent has taken the update, which it repeats itself from then on.
   */
  sendStatusUpdate(update: TaskUpdate): Promise<void>;
  /** Sends bytes to the scheduler; they are lost if anything on the way is not there. */
  sendFrameworkMessage(data: Uint8Array): void;
  /**
   * Leaves: waits, at most `drainMs`, until the agent has acknowledged all updates, then closes the
   * connections.
   */
  stop(drainMs: number): Promise<void>;
  /** Settles when the driver has stopped. */
  join(): Promise<void>;
}
