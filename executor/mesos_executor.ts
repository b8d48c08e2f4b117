/**
 * The executor that a Mesos agent starts on a node: it runs each task as a process group and
 * reports exactly one terminal update for it.
 *
 * @see toil.batchSystems.mesos.executor.MesosExecutor
 * @module
 */

import { encodeNodeInfo, nodeInfoMessage } from "../job/node_info.ts";
import { encodeOutcome } from "../job/task_outcome.ts";
import type { Executor, ExecutorDriver } from "../mesos/executor.ts";
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
import { UserScriptError } from "../resource/resource_errors.ts";
import { getLogger } from "../support/log.ts";
import { MEBIBYTE } from "../support/units.ts";
import type { GpuPool } from "./gpu_pool.ts";
import type { Job, JobDeployment, JobRunner } from "./job_runner.ts";
import type { NodeInfoReporter } from "./node_info_reporter.ts";
import type { NodeLoadMeter } from "./node_load.ts";
import { shutdownBudget } from "./shutdown_budget.ts";
import { type TaskEffect, type TaskInput, type TaskStage, transition } from "./task_state.ts";
import type { WorkerCleanup } from "./node_cleanup.ts";

const log = getLogger("executor");

/** The default time between SIGTERM and SIGKILL, without a kill policy. */
const DEFAULT_KILL_GRACE_MS = 5_000;

/** How many ended tasks to remember, in order to ignore a repeated LAUNCH. */
const MAX_REMEMBERED_TASKS = 10_000;

const NANOSECONDS_PER_MS = 1e6;

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
}

interface Task {
  readonly info: TaskInfo;
  stage: TaskStage;
  job: Job | undefined;
  readonly ended: PromiseWithResolvers<void>;
}

/** Runs tasks for one framework on one agent. */
export class MesosExecutor implements Executor {
  readonly #options: MesosExecutorOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #endedTaskIds = new Set<string>();
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
    const task: Task = {
      info,
      stage: "PREPARING",
      job: undefined,
      ended: Promise.withResolvers<void>(),
    };
    this.#tasks.set(taskId, task);
    const told = driver.sendStatusUpdate({ task_id: info.task_id, state: "TASK_STARTING" });
    if (this.#isStopping) this.#apply(driver, task, { type: "KILL", graceMs: 0 });
    else this.#run(driver, task, told).catch((error) => this.abort(driver, error));
  }

  /** Kills a task: SIGTERM, then SIGKILL after the grace period of either policy. */
  killTask(driver: ExecutorDriver, { value: taskId }: TaskID, killPolicy?: KillPolicy): void {
    const task = this.#tasks.get(taskId);
    if (!task) {
      log.info("Ignoring KILL of task {taskId}: it is not running here", { taskId });
      return;
    }
    const graceMs = killGraceMs(killPolicy ?? task.info.kill_policy);
    log.info("Killing task {taskId}, with a grace of {graceMs} ms", { taskId, graceMs });
    this.#apply(driver, task, { type: "KILL", graceMs });
  }

  /** Ignores the message; only a newer scheduler may send one. */
  frameworkMessage(_driver: ExecutorDriver, data: Uint8Array): void {
    log.debug("Ignoring a message of {length} bytes", { length: data.length });
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
    log.error("The agent refuses this executor: {message}", { message });
    this.#hasFailed = true;
  }

  /** Handles a broken invariant: kills all processes at once and exits without further updates. */
  async abort(driver: ExecutorDriver, error: unknown): Promise<void> {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#isStopping = true;
    log.error("Fatal error; killing all jobs: {error}", { error });
    try {
      this.#options.nodeInfoReporter.stop();
      await this.#options.processes.close();
      await driver.stop(0);
    } catch (error) {
      log.error("Cannot shut down cleanly: {error}", { error });
    }
    this.#exitCode.resolve(1);
  }

  /** Starts nothing before the agent has an update of the task: a task without any update has
   * run nothing, and can be relaunched safely when its executor ends. */
  async #run(driver: ExecutorDriver, task: Task, told: Promise<void>): Promise<void> {
    await told;
    if (this.#isOver(task)) return;
    const { task_id: { value: taskId }, data = new Uint8Array() } = task.info;
    let job: Job;
    try {
      const prepared = await this.#options.runner.prepare(taskId, data);
      // Killed meanwhile. From here to the start of the job everything is synchronous.
      if (this.#isOver(task)) {
        return await this.#options.runner.discard(prepared);
      }
      job = task.job = this.#options.runner.spawn(prepared, {
        killGraceMs: killGraceMs(task.info.kill_policy),
        memoryBytes: memoryBytes(task.info),
      });
    } catch (error) {
      log.warn("Cannot start task {taskId}: {error}", { taskId, error });
      const reason = error instanceof Error ? error.message : String(error);
      const isUndeployed = error instanceof UserScriptError;
      this.#apply(driver, task, { type: "NOT_STARTED", outcome: { reason, isUndeployed } });
      return;
    }
    this.#apply(driver, task, { type: "SPAWNED" });
    const { outcome, killed } = await job.ended;
    this.#apply(driver, task, { type: "EXITED", outcome, killed });
  }

  #isOver({ stage }: Task): boolean {
    return this.#isBroken || stage === "ENDED";
  }

  #apply(driver: ExecutorDriver, task: Task, input: TaskInput): void {
    // Mesos reports the end of the tasks of a failed executor.
    if (this.#isBroken) return;
    const { stage, effects } = transition(task.stage, input);
    task.stage = stage;
    for (const effect of effects) this.#carryOut(driver, task, effect);
    if (stage === "ENDED") this.#forget(task);
  }

  #carryOut(driver: ExecutorDriver, task: Task, effect: TaskEffect): void {
    if (effect.type === "KILL") {
      task.job?.kill(effect.graceMs).catch((error) => this.abort(driver, error));
      return;
    }
    const { state, outcome } = effect;
    const { task_id } = task.info;
    log.info("Task {taskId} is {state}", { taskId: task_id.value, state });
    void driver.sendStatusUpdate({ task_id, state, ...(outcome && encodeOutcome(outcome)) });
  }

  #forget(task: Task): void {
    const taskId = task.info.task_id.value;
    task.ended.resolve();
    this.#tasks.delete(taskId);
    this.#endedTaskIds.add(taskId);
    if (this.#endedTaskIds.size > MAX_REMEMBERED_TASKS) {
      const [oldest = ""] = this.#endedTaskIds;
      this.#endedTaskIds.delete(oldest);
    }
  }

  #countRunning(): number {
    return [...this.#tasks.values()].filter(({ stage }) => stage !== "PREPARING").length;
  }

  async #stop(driver: ExecutorDriver): Promise<void> {
    const { nodeInfoReporter, shutdownGracePeriodMs } = this.#options;
    const budget = shutdownBudget(shutdownGracePeriodMs);
    nodeInfoReporter.stop();
    const tasks = [...this.#tasks.values()];
    for (const task of tasks) {
      const graceMs = Math.min(killGraceMs(task.info.kill_policy), budget.killGraceMs);
      this.#apply(driver, task, { type: "KILL", graceMs });
    }
    const ended = Promise.all(tasks.map((task) => task.ended.promise));
    await atMost(budget.killMs, ended, "Killing all tasks");
    await atMost(budget.cleanMs, this.#clean(), "Cleaning up");
    await atMost(budget.leaveMs, driver.stop(budget.drainMs), "Unsubscribing from the agent");
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

function killGraceMs(policy: KillPolicy | undefined): number {
  const grace = policy?.grace_period;
  return grace ? grace.nanoseconds / NANOSECONDS_PER_MS : DEFAULT_KILL_GRACE_MS;
}

function memoryBytes({ resources = [] }: TaskInfo): number | undefined {
  const entries = resources.filter(({ name }) => name === "mem");
  if (entries.length === 0) return undefined;
  return entries.reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0) * MEBIBYTE;
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
