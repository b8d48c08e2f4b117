/**
 * The batch system: what a workflow engine, or the command line, sees of the scheduler. It stands
 * between callers, the loop and Mesos; decisions are made in core/step.ts.
 *
 * @see toil.batchSystems.mesos.batchSystem.MesosBatchSystem
 * @module
 */

import type { Resource } from "../resource/resource.ts";
import { getLogger } from "../support/log.ts";
import { listNodes, type NodeInfo, nodeInUse } from "./core/nodes.ts";
import type { BatchJob, UpdatedBatchJobInfo } from "./batch_job.ts";
import {
  type BatchSystemConfig,
  type BatchSystemParts,
  initialFramework,
} from "./batch_system_config.ts";
import { BatchSystemSupport } from "./batch_system_support.ts";
import { ChangeSignal } from "./change_signal.ts";
import { logEvent } from "./event_log.ts";
import { executorIdFor } from "./executor_id.ts";
import { atLeastMinimum } from "./core/executor_share.ts";
import type { Effects } from "./core/frame.ts";
import { frameworkInfo } from "./core/framework_info.ts";
import type { Input, JobFilePart } from "./core/inputs.ts";
import { killAndConfirm, type KillWait, tasksEnded } from "./kill_confirmation.ts";
import { LocalJobs } from "./local_jobs.ts";
import { SchedulerLoop } from "./event_loop.ts";
import { MesosLink } from "./mesos_link.ts";
import type { BatchJobResult, JobFileRecord } from "./core/records.ts";
import {
  addOptions,
  getDefaultMesosEndpoint,
  type OptionParser,
  type OptionSetter,
  setOptions,
} from "./mesos_options.ts";
import { findObstacles, type Obstacles } from "./core/resume_conflicts.ts";
import { Registration } from "./registration.ts";
import { type JobRequirements, toShape } from "./core/requirements.ts";
import { ResultQueue } from "./result_queue.ts";
import { schedulingStatus } from "./core/scheduling_status.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import { SchedulerState } from "./core/scheduler_state.ts";

/** How long a caller of killBatchJobs waits beyond the grace period. */
const KILL_CONFIRM_MS = 30_000;

/** Runs batch jobs on Mesos. Start it, use it, shut it down. */
export class MesosBatchSystem extends BatchSystemSupport {
  readonly #config: BatchSystemConfig;
  readonly #parts: BatchSystemParts;
  readonly #settings: SchedulerSettings;
  readonly #state: SchedulerState;
  readonly #loop: SchedulerLoop;
  readonly #mesos: MesosLink;
  readonly #localJobs: LocalJobs;
  readonly #results: ResultQueue;
  readonly #changes = new ChangeSignal();
  readonly #log = getLogger("scheduler");
  readonly #registration = new Registration();
  readonly #failure = Promise.withResolvers<never>();
  #hasIssued = false;
  #left: Promise<boolean> | undefined;

  /** Whether user scripts can be deployed: they can. */
  static supportsAutoDeployment(): boolean {
    return true;
  }

  /** Whether nodes are cleaned up after the last job: they are, by their executor. */
  static supportsWorkerCleanup(): boolean {
    return true;
  }

  /** This host's address and Mesos' port: where users who name no Mesos have one. */
  static getDefaultMesosEndpoint(): string {
    return getDefaultMesosEndpoint();
  }

  /** Adds the options of this batch system to a parser. */
  static addOptions(parser: OptionParser): void {
    addOptions(parser);
  }

  /** Has the options of this batch system set, from wherever they were given. */
  static setOptions(setOption: OptionSetter): void {
    setOptions(setOption);
  }

  /**
   * A batch system that has read its store and does nothing yet.
   *
   * @param config What the user decided.
   * @param parts What it works with.
   * @throws {StoreError} when the store can't be read.
   */
  constructor(config: BatchSystemConfig, parts: BatchSystemParts) {
    super(config);
    this.#config = config;
    this.#parts = parts;
    const stored = parts.store.load(initialFramework(config));
    this.workflowID = stored.framework.workflowID;
    if (config.workDir !== undefined) this.setEnv("TOIL_WORKDIR", config.workDir);
    this.#settings = {
      ...config.settings,
      executorIdFor,
      executorQuantities: atLeastMinimum(config.settings.executorQuantities),
      workerCleanup: {
        workflowID: stored.framework.workflowID,
        cleanWorkDir: config.cleanWorkDir,
        workDir: config.workDir,
      },
      stdOutErrPaths: (jobID, taskId) => this.stdOutErrPaths(jobID, taskId),
    };
    this.#state = new SchedulerState(stored, parts.now());
    this.#loop = new SchedulerLoop({
      state: this.#state,
      store: parts.store,
      settings: this.#settings,
      now: parts.now,
      perform: (effects) => this.#perform(effects),
      failed: (error) => this.#fail(error),
    });
    this.#mesos = new MesosLink({
      createDriver: parts.createDriver,
      info: () => frameworkInfo(config.framework, this.#state.framework),
      submit: (input) => this.#loop.submit(input),
      failed: (error) => this.#fail(error),
    });
    this.#localJobs = new LocalJobs({
      directory: `${config.workDir ?? config.temporaryDirectory}/local-jobs`,
      environment: config.localEnvironment,
      stdOutErrPaths: this.#settings.stdOutErrPaths,
      killGraceMs: config.settings.killGraceMs,
      ended: (jobID, end) => this.#loop.submit({ type: "LOCAL_ENDED", jobID, end }),
    });
    this.#results = new ResultQueue({
      state: this.#state,
      changes: this.#changes,
      failed: this.#failure.promise,
      now: parts.now,
    });
    // Whoever waits for something hears of a failure; nobody need.
    this.#failure.promise.catch(() => {});
  }

  /** Rejects when the batch system can't go on. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /**
   * Connects to Mesos; resolves when the framework is registered.
   *
   * @throws {MesosUnavailableError} when that takes too long, or Mesos refuses.
   */
  async start(): Promise<void> {
    await this.#loop.request({ type: "STARTED" });
    this.#mesos.connect();
    await this.#registration.wait({
      timeoutMs: this.#config.registrationTimeoutMs,
      lastError: () => this.#mesos.lastError,
      failed: this.failed,
    });
  }

  /**
   * Sets the user script that is deployed to every node.
   *
   * @throws {Error} when jobs were issued already.
   */
  async setUserScript(userScript: Resource): Promise<void> {
    if (this.#hasIssued) {
      throw new Error("Cannot set the user script: jobs were issued already");
    }
    await this.#loop.request({ type: "USER_SCRIPT", pickled: userScript.pickle() });
  }

  /** Stops sending jobs to a node, named by its address or host name. Running jobs go on. */
  async ignoreNode(nodeAddress: string): Promise<void> {
    await this.#loop.request({ type: "IGNORE_NODE", node: nodeAddress });
  }

  /** Sends jobs to a node again. Nothing happens if it was not ignored. */
  async unignoreNode(nodeAddress: string): Promise<void> {
    await this.#loop.request({ type: "UNIGNORE_NODE", node: nodeAddress });
  }

  /**
   * Takes a job in; resolves to its id once it is stored: from then on it is run and reported once.
   *
   * @param command Given to `sh -c`.
   * @param requirements What it needs.
   * @param options.jobEnvironment Variables of this job alone; they win over those of setEnv.
   * @throws {InsufficientSystemResources} when it asks for more than the maximum.
   */
  async issueBatchJob(
    command: string,
    requirements: JobRequirements,
    options: Pick<BatchJob, "jobEnvironment"> = {},
  ): Promise<number> {
    const [jobID] = await this.issueBatchJobs([{ command, requirements, ...options }]);
    return jobID as number;
  }

  /**
   * Takes several jobs in, all or none; resolves to their ids, in order.
   *
   * @param file Where they come from: jobs of a file that were issued before are not issued again.
   * @throws {InsufficientSystemResources} when one asks for more than the maximum.
   */
  async issueBatchJobs(
    jobs: readonly BatchJob[],
    file?: JobFilePart,
  ): Promise<readonly number[]> {
    for (const { requirements } of jobs) this.checkResourceRequest(requirements);
    const specs = jobs.map(({ command, requirements, jobEnvironment }) => ({
      command,
      name: requirements.jobName,
      shape: toShape(requirements),
      environment: this.environmentOf(jobEnvironment),
      local: requirements.local ?? false,
    }));
    this.#hasIssued = true;
    const { issuedJobIDs } = await this.#loop.request({
      type: "ISSUE",
      specs,
      ...(file ? { file } : {}),
    });
    return issuedJobIDs;
  }

  /** How far the jobs of a file have come; undefined when none was issued. */
  jobFile(digest: string): JobFileRecord | undefined {
    return this.#state.jobFiles.get(digest);
  }

  /** What the store holds that a run of this file on this Mesos would end. Ask before `start`. */
  obstacles(digest: string): Obstacles {
    const { mesosIsTemporary } = this.#settings;
    return findObstacles(this.#state, { digest, mesosIsTemporary });
  }

  /**
   * Kills jobs, whatever they are doing: they are not reported any more. Resolves when they are
   * dead, or, after the grace period and half a minute, to the ids of those whose end could not be
   * confirmed; these are still being killed.
   */
  killBatchJobs(jobIDs: readonly number[]): Promise<{ unconfirmed: number[] }> {
    return killAndConfirm(jobIDs, {
      ...this.#killWait(),
      bus: this.messageBus,
      kill: (known) => this.#loop.request({ type: "KILL", jobIDs: known }),
    });
  }

  #killWait(): KillWait {
    return {
      state: this.#state,
      changes: this.#changes,
      failed: this.failed,
      now: this.#parts.now,
      timeoutMs: this.#settings.killGraceMs + KILL_CONFIRM_MS,
    };
  }

  /** Jobs that wait or run, by id, in no particular order. */
  getIssuedBatchJobIDs(): number[] {
    const jobIDs: number[] = [];
    for (const { jobID, result, killRequested } of this.#state.jobs.values()) {
      if (!result && !killRequested) jobIDs.push(jobID);
    }
    return jobIDs;
  }

  /** Jobs whose command runs: id → seconds since it started. */
  getRunningBatchJobIDs(): Map<number, number> {
    const nowMs = this.#parts.now();
    const running = new Map<number, number>();
    for (const { jobID, task, killRequested } of this.#state.jobs.values()) {
      if (task?.startedAtMs === undefined || killRequested) continue;
      running.set(jobID, Math.max(0, nowMs - task.startedAtMs) / 1000);
    }
    return running;
  }

  /**
   * The next job that has ended; each is returned once. Killed jobs are not.
   *
   * @param maxWait How long to wait for one, in seconds.
   * @throws {Error} when the batch system can't go on.
   */
  async getUpdatedBatchJob(maxWait: number): Promise<UpdatedBatchJobInfo | null> {
    const [result] = await this.takeResults({ limit: 1, maxWaitMs: maxWait * 1000 });
    if (!result) return null;
    await this.acknowledgeResults([result.jobID]);
    const { jobID, exitStatus, exitReason, wallTimeSeconds, taskId } = result;
    return { jobID, exitStatus, exitReason, wallTime: wallTimeSeconds, backingId: taskId };
  }

  /**
   * Jobs that have ended, oldest first. Nobody else gets them; they are kept, and come again after
   * a restart, until they are acknowledged.
   *
   * @param options.limit The most to take.
   * @param options.maxWaitMs How long to wait for the first.
   */
  takeResults(options: { limit: number; maxWaitMs: number }): Promise<BatchJobResult[]> {
    return this.#results.take(options);
  }

  /** Results that have reached whoever they are for: they will not come again. */
  async acknowledgeResults(jobIDs: readonly number[]): Promise<void> {
    await this.#loop.request({ type: "DELIVERED", jobIDs });
    this.#results.arrived(jobIDs);
  }

  /** Whether any job is on a node, named by its address or host name. */
  nodeInUse(nodeAddress: string): boolean {
    return nodeInUse(this.#state, nodeAddress);
  }

  /**
   * The nodes that are known, by address.
   *
   * @param preemptible Only those that can be taken away, or only the others; undefined: all.
   * @param timeout Only those seen within this many seconds; undefined: all.
   */
  getNodes(preemptible?: boolean, timeout?: number): Map<string, NodeInfo> {
    const seenWithinMs = timeout === undefined ? undefined : timeout * 1000;
    return listNodes(this.#state, { preemptible, seenWithinMs }, this.#parts.now());
  }

  /** How often to look for missing or overlong jobs, in seconds. */
  getWaitDuration(): number {
    return 1;
  }

  /** What holds waiting jobs back, for people; undefined when none waits. */
  getSchedulingStatusMessage(): string | undefined {
    return schedulingStatus(this.#state, this.#settings, { blockedOnly: false });
  }

  /**
   * Ends the batch system: jobs are killed, the framework is removed from Mesos. What is kept of
   * jobs that have not ended waits for the next process that opens the store. Idempotent.
   *
   * @returns Whether Mesos has removed the framework; if not, its jobs may go on.
   */
  shutdown(): Promise<boolean> {
    return this.#left ??= this.#leave({ killTasks: true });
  }

  /**
   * Leaves the jobs running: the next process that opens the store goes on with them. Of `shutdown`
   * and this only the first counts.
   */
  async detach(): Promise<void> {
    this.#left ??= this.#leave({ killTasks: false });
    await this.#left;
  }

  async #leave({ killTasks }: { killTasks: boolean }): Promise<boolean> {
    await this.#request({ type: "STOPPING", killTasks });
    // Nobody who waits for results shall wait for those that will not come.
    this.#changes.notify();
    const localJobsEnded = this.#localJobs.close();
    let tornDown = false;
    if (killTasks) {
      // Mesos says nothing of the end of tasks whose framework it removes.
      await tasksEnded(this.#killWait());
      tornDown = await this.#mesos.teardown();
    } else await this.#mesos.stop();
    await localJobsEnded;
    await this.#request({ type: "STOPPED", tornDown });
    this.#loop.stop();
    this.#parts.store.close();
    this.#changes.notify();
    return tornDown;
  }

  /** For the way out: after a failure there is no loop to ask. */
  async #request(input: Input): Promise<void> {
    await this.#loop.request(input).catch(() => {});
  }

  #perform(effects: Effects): void {
    for (const call of effects.calls) this.#mesos.send(call);
    if (effects.updateFramework) this.#mesos.updateFramework();
    for (const action of effects.localActions) {
      if (action.type === "START") this.#localJobs.start(action.job);
      else this.#localJobs.kill(action.jobID);
    }
    for (const event of effects.events) {
      if (event.type === "REGISTERED" || event.type === "REREGISTERED") {
        this.#registration.done();
      }
      logEvent(this.#log, event);
      this.messageBus.publish(event);
    }
    if (effects.events.length > 0 || this.#state.stopping) this.#changes.notify();
    if (effects.subscribeAnew) this.#mesos.connect();
  }

  #fail(error: Error): void {
    this.#log.error("{error}", { error });
    this.#loop.stop();
    this.#failure.reject(error);
  }
}
