/**
 * The executor that a Mesos agent starts on a node: it runs each job as a process group and
 * reports exactly one terminal update for each task.
 *
 * @see toil.batchSystems.mesos.executor.MesosExecutor
 * @module
 */

import { decodeKillJobs } from "../job/kill_jobs.ts";
import { encodeNodeInfo, nodeInfoMessage } from "../job/node_info.ts";
import type { Executor, ExecutorDriver } from "../mesos/executor.ts";
import type { TaskId } from "../mesos/ids.ts";
import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  KillPolicy,
  TaskID,
  TaskInfo,
} from "../mesos/wire/messages.ts";
import { Deadline } from "../process/deadline.ts";
import type { ProcessOwner } from "../process/process_owner.ts";
import { type Clock, SYSTEM_CLOCK } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import type { GpuPool } from "./gpu_pool.ts";
import type { JobDeployment, JobRunner } from "./job_runner.ts";
import type { NodeInfoReporter } from "./node_info_reporter.ts";
import type { NodeLoadMeter } from "./node_load.ts";
import { shutdownBudget } from "./shutdown_budget.ts";
import { RunningDelay } from "./running_delay.ts";
import { killGraceMs, TaskRun } from "./task_run.ts";
import type { WorkerCleanup } from "./node_cleanup.ts";

const log = getLogger("executor");

/** How many ended tasks to remember, in order to ignore a repeated LAUNCH. */
const MAX_REMEMBERED_TASKS = 10_000;

/** The parts of an executor. */
export interface MesosExecutorOptions {
  /** Runs the jobs. */
  runner: Pick<JobRunner, "prepare" | "spawn" | "discard">;
  /** The processes of the jobs. */
  processes: Pick<ProcessOwner, "close">;
  /** User scripts. */
  deployment: Pick<JobDeployment, "clean">;
  /** The GPUs of the node, known after the registration. */
  gpus: GpuPool;
  /** Removes the workflow's directories on the node. */
  workerCleanup: Pick<WorkerCleanup, "run">;
  /** Measures the load of the node. */
  nodeLoad: Pick<NodeLoadMeter, "measure">;
  /** Schedules the reports of the load. */
  nodeInfoReporter: NodeInfoReporter;
  /** How long the agent waits for the executor to end, in milliseconds. */
  shutdownGracePeriodMs: number;
  /** The time of the tasks. @default {SYSTEM_CLOCK} */
  clock?: Pick<Clock, "after" | "now">;
}

/** Runs tasks for one framework on one agent. */
export class MesosExecutor implements Executor {
  readonly #options: MesosExecutorOptions;
  readonly #tasks = new Map<TaskId, TaskRun>();
  readonly #runningDelay = new RunningDelay();
  readonly #endedTaskIds = new Set<TaskId>();
  readonly #exitCode = Promise.withResolvers<number>();
  #isStopping = false;
  #hasFailed = false;
  #isBroken = false;

  /**
   * Creates an executor without tasks.
   *
   * @param options Its parts.
   */
  constructor(options: MesosExecutorOptions) {
    this.#options = options;
  }

  /** Resolves when the executor has ended: 0 after a shutdown, 1 after an error. */
  get exitCode(): Promise<number> {
    return this.#exitCode.promise;
  }

  /** Starts to report the load of the node. */
  registered(
    driver: ExecutorDriver,
    executorInfo: ExecutorInfo,
    _frameworkInfo: FrameworkInfo,
    agentInfo: AgentInfo,
  ): void {
    const address = agentInfo.hostname;
    const executorId = executorInfo.executor_id?.value;
    log.info("Executor {executorId} is registered with agent {address}", { executorId, address });
    if (this.#isStopping) return;
    this.#options.gpus.resize(countGpus(agentInfo));
    this.#options.nodeInfoReporter.start(() => {
      const nodeInfo = this.#options.nodeLoad.measure(this.#countRunning());
      driver.sendFrameworkMessage(encodeNodeInfo(nodeInfoMessage(address, nodeInfo)));
    });
  }

  /** Does nothing: jobs have continued, and the driver has kept the updates. */
  reregistered(_driver: ExecutorDriver, agentInfo: AgentInfo): void {
    log.info("Re-registered with agent {address}", { address: agentInfo.hostname });
  }

  /** Does nothing: jobs continue, and the driver keeps the updates. */
  disconnected(_driver: ExecutorDriver): void {
    log.warn("Disconnected from the agent; {count} tasks continue", { count: this.#tasks.size });
  }

  /** Launches a task. A known one is ignored. */
  launchTask(driver: ExecutorDriver, info: TaskInfo): void {
    if (this.#isBroken) return;
    const taskId = info.task_id.value;
    if (this.#tasks.has(taskId) || this.#endedTaskIds.has(taskId)) {
      log.warn("Ignoring LAUNCH of task {taskId}: it was launched before", { taskId });
      return;
    }
    log.info("Launching task {taskId}", { taskId });
    const { runner, clock = SYSTEM_CLOCK } = this.#options;
    const failed = (error: unknown) => void this.abort(driver, error);
    const runningDelay = this.#runningDelay;
    const task = new TaskRun(info, { driver, runner, clock, runningDelay, failed });
    this.#tasks.set(taskId, task);
    void task.ended.then(() => this.#forget(taskId));
    task.begin();
    if (this.#isStopping) task.kill(0);
  }

  /** Kills a task: SIGTERM, then SIGKILL after the grace period of either policy. */
  killTask(_driver: ExecutorDriver, { value: taskId }: TaskID, killPolicy?: KillPolicy): void {
    const task = this.#tasks.get(taskId);
    if (!task) {
      log.info("Ignoring KILL of task {taskId}: it is not running here", { taskId });
      return;
    }
    const graceMs = killPolicy ? killGraceMs(killPolicy) : task.killGraceMs;
    log.info("Killing task {taskId}, with a grace of {graceMs} ms", { taskId, graceMs });
    task.kill(graceMs);
  }

  /** Kills some jobs of a bundle; other messages, as of a newer scheduler, are ignored. */
  frameworkMessage(_driver: ExecutorDriver, data: Uint8Array): void {
    const message = decodeKillJobs(data);
    if (!message) {
      log.debug("Ignoring a message of {length} bytes", { length: data.length });
      return;
    }
    const { taskId, jobIDs, graceMs } = message;
    const about = { taskId, jobIDs: jobIDs.join(), graceMs };
    log.info("Killing jobs {jobIDs} of task {taskId}, with a grace of {graceMs} ms", about);
    this.#tasks.get(taskId)?.killJobs(jobIDs, graceMs);
  }

  /** Kills all tasks, cleans up and exits within the grace period. */
  shutdown(driver: ExecutorDriver): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    log.info("Shutting down; {count} tasks to kill", { count: this.#tasks.size });
    this.#stop(driver).catch((error) => this.abort(driver, error));
  }

  /** Sets the exit code; the shutdown follows. */
  error(_driver: ExecutorDriver, message: string): void {
    log.error("Cannot work for the agent: {message}", { message });
    this.#hasFailed = true;
  }

  /** Handles a broken invariant: kills all processes at once and exits without further updates. */
  async abort(driver: ExecutorDriver, error: unknown): Promise<void> {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#isStopping = true;
    log.error("Fatal error; killing all jobs: {error}", { error });
    try {
      for (const task of this.#tasks.values()) task.stop();
      this.#options.nodeInfoReporter.stop();
      await this.#options.processes.close();
      await driver.stop(0);
    } catch (error) {
      log.error("Cannot shut down cleanly: {error}", { error });
    }
    this.#exitCode.resolve(1);
  }

  #forget(taskId: TaskId): void {
    this.#tasks.delete(taskId);
    this.#endedTaskIds.add(taskId);
    if (this.#endedTaskIds.size > MAX_REMEMBERED_TASKS) {
      const [oldest = ""] = this.#endedTaskIds;
      this.#endedTaskIds.delete(oldest);
    }
  }

  #countRunning(): number {
    return [...this.#tasks.values()].filter(({ isRunning }) => isRunning).length;
  }

  async #stop(driver: ExecutorDriver): Promise<void> {
    const { nodeInfoReporter, shutdownGracePeriodMs } = this.#options;
    const budget = shutdownBudget(shutdownGracePeriodMs);
    const startMs = performance.now();
    const leftMs = (byMs: number) => Math.max(0, startMs + byMs - performance.now());
    nodeInfoReporter.stop();
    const tasks = [...this.#tasks.values()];
    for (const task of tasks) task.kill(Math.min(task.killGraceMs, budget.killGraceMs));
    const ended = Promise.all(tasks.map((task) => task.ended));
    await atMost(leftMs(budget.killedByMs), ended, "Killing all tasks");
    await atMost(leftMs(budget.cleanedByMs), this.#clean(), "Cleaning up");
    const stopped = driver.stop(budget.drainMs);
    await atMost(leftMs(budget.leftByMs), stopped, "Unsubscribing from the agent");
    this.#exitCode.resolve(this.#hasFailed ? 1 : 0);
  }

  async #clean(): Promise<void> {
    await this.#options.processes.close();
    try {
      await this.#options.deployment.clean();
    } catch (error) {
      // A job can leave files that its user can't remove; the agent removes the whole sandbox
      // later.
      log.error("Cannot remove the user scripts: {error}", { error });
      this.#hasFailed = true;
    }
    await this.#options.workerCleanup.run();
  }
}

function countGpus({ resources = [] }: AgentInfo): number {
  return resources.filter(({ name }) => name === "gpus")
    .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);
}

/** Waits for a promise, at most `ms`. */
async function atMost(ms: number, promise: Promise<unknown>, what: string): Promise<void> {
  const deadline = new Deadline();
  deadline.within(ms);
  try {
    await Promise.race([promise, deadline.reached]);
  } finally {
    deadline.clear();
  }
  if (deadline.isReached) log.warn("{what} timed out; continuing", { what });
}
