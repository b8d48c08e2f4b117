/**
 * The batch system as a workflow engine or the command line uses it: Toil's methods, and no logic.
 *
 * @see toil.batchSystems.mesos.batchSystem.MesosBatchSystem
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { TaskId } from "../mesos/ids.ts";
import type { Resource } from "../resource/resource.ts";
import { listNodes, type NodeInfo, nodeInUse } from "./core/nodes.ts";
import type { BatchJob, IssueOrigin, UpdatedBatchJobInfo } from "./batch_job.ts";
import {
  type BatchSystemConfig,
  type BatchSystemParts,
  loadStore,
  schedulerSettings,
} from "./batch_system_config.ts";
import { BatchSystemSupport } from "./batch_system_support.ts";
import type { Inspection, Updates } from "./inspection.ts";
import { killAndConfirm } from "./kill_confirmation.ts";
import { SchedulerEngine } from "./scheduler_engine.ts";
import type { BatchJobResult, JobFileRecord } from "./core/records.ts";
import type { ResultSelection } from "./result_queue.ts";
import { findObstacles, type Obstacles } from "./core/resume_conflicts.ts";
import { UserScriptTooLateError } from "./user_script_too_late_error.ts";
import { type JobRequest, toJobSpec, toRequirements } from "./core/requirements.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import { SharedParts } from "./core/shared_parts.ts";

/** How long `results` waits before it looks again whether any job is left. */
const RESULT_WAIT_MS = 1_000;

/** Runs batch jobs on Mesos. Start it, use it, shut it down. */
export class MesosBatchSystem extends BatchSystemSupport implements AsyncDisposable {
  readonly #parts: BatchSystemParts;
  readonly #settings: SchedulerSettings;
  readonly #engine: SchedulerEngine;
  /** Of the jobs that were issued. */
  readonly #sharedParts = new SharedParts();
  #hasIssued = false;

  /** Whether user scripts can be deployed: they can. */
  static supportsAutoDeployment(): boolean {
    return true;
  }

  /** Whether nodes are cleaned up after the last job: they are, by their executor. */
  static supportsWorkerCleanup(): boolean {
    return true;
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
    this.#parts = parts;
    const stored = loadStore(parts.store, config);
    const { workflowID } = stored.framework;
    this.workflowID = workflowID;
    if (config.workDir !== undefined) this.setEnv("TOIL_WORKDIR", config.workDir);
    this.#settings = schedulerSettings(config, {
      workflowID,
      stdOutErrPaths: (jobID, taskId) => this.stdOutErrPaths(jobID, taskId),
    });
    this.#engine = new SchedulerEngine({
      config,
      parts,
      stored,
      settings: this.#settings,
      publish: (event) => this.messageBus.publish(event),
    });
  }

  /** Rejects when the batch system fails. */
  get failed(): Promise<never> {
    return this.#engine.failed;
  }

  /**
   * What people and programs see of jobs and nodes.
   *
   * @internal
   */
  get inspection(): Inspection {
    return this.#engine.inspection;
  }

  /**
   * Results that are acknowledged by number; of these and `takeResults` a program uses one.
   *
   * @internal
   */
  get updates(): Updates {
    return this.#engine.updates;
  }

  /**
   * Connects to Mesos; resolves when the framework is registered.
   *
   * @throws {MesosUnavailableError} when that takes too long, or Mesos refuses.
   */
  start(): Promise<void> {
    return this.#engine.start();
  }

  /**
   * Sets the user script that is deployed to every node.
   *
   * @param localPath The file or directory itself, for local jobs.
   * @throws {UserScriptTooLateError} when jobs were issued already.
   */
  async setUserScript(userScript: Resource, localPath?: string): Promise<void> {
    if (this.#hasIssued) throw new UserScriptTooLateError();
    if (localPath !== undefined) this.#engine.setLocalUserScript(localPath);
    await this.#engine.request({ type: "USER_SCRIPT", pickled: userScript.pickle() });
  }

  /**
   * Stops sending jobs to a node, named by its address or host name. Its running jobs continue.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * await batch.ignoreNode("10.0.0.5");
   * assertEquals(batch.nodeInUse("10.0.0.5"), false);
   * await batch.unignoreNode("10.0.0.5");
   * ```
   */
  async ignoreNode(nodeAddress: string): Promise<void> {
    await this.#engine.request({ type: "IGNORE_NODE", node: nodeAddress });
  }

  /**
   * Sends jobs to a node again. Nothing happens if it was not ignored.
   *
   * @param options.restMs First leave it alone for this long, at most 10 s where no other node
   * works: an autoscaler stops ignoring a node just before it ends it.
   */
  async unignoreNode(node: string, { restMs = 0 }: { restMs?: number } = {}): Promise<void> {
    await this.#engine.request({ type: "UNIGNORE_NODE", node, restMs });
  }

  /**
   * Takes a job in; resolves to its id once it is stored: from then on it is run and reported once.
   *
   * @param command Given to `sh -c`.
   * @param requirements What it needs: sizes in bytes or as text, defaults for what is left out.
   * @param options.jobEnvironment Variables of this job alone; they win over those of setEnv.
   * @throws {InsufficientSystemResources} when it asks for more than the maximum.
   */
  async issueBatchJob(
    command: string,
    requirements: JobRequest = {},
    options: Pick<BatchJob, "jobEnvironment"> = {},
  ): Promise<JobId> {
    const [jobID] = await this.issueBatchJobs([{ command, requirements, ...options }]);
    if (jobID === undefined) throw new Error("Cannot issue a job: the loop gave it no id");
    return jobID;
  }

  /**
   * Takes several jobs in, all or none; resolves to their ids, in order.
   *
   * @param origin Where they come from, and who hears of their end.
   * @throws {InsufficientSystemResources} when one asks for more than the maximum.
   */
  async issueBatchJobs(
    jobs: readonly BatchJob[],
    { file, request, firstJobID, unreported }: IssueOrigin = {},
  ): Promise<readonly JobId[]> {
    const specs = jobs.map(({ command, requirements: request, jobEnvironment }) => {
      const requirements = toRequirements(command, request);
      this.checkResourceRequest(requirements);
      const environment = this.environmentOf(jobEnvironment);
      return this.#sharedParts.share(toJobSpec(requirements, { command, environment, unreported }));
    });
    this.#hasIssued = true;
    const { issuedJobIDs } = await this.#engine.request({
      type: "ISSUE",
      specs,
      ...(file ? { file } : {}),
      ...(request ? { request } : {}),
      ...(firstJobID === undefined ? {} : { firstJobID }),
    });
    return issuedJobIDs;
  }

  /** How far the jobs of a file have come; undefined when none was issued. */
  jobFile(digest: string): JobFileRecord | undefined {
    return this.#engine.state.jobFiles.get(digest);
  }

  /** Whether no job was ever issued with this store. */
  get isNew(): boolean {
    return this.#engine.state.framework.nextJobID === 1;
  }

  /** Whether the store was restored, now or before: jobs may have run that it does not know of. */
  get isRestored(): boolean {
    return this.#settings.isRestored || this.#engine.state.framework.isRestored === true;
  }

  /** Takes note of what was reported before the store was restored; before `start`. */
  async noteReported(
    reported: { readonly results: readonly BatchJobResult[]; readonly reissues: boolean },
  ): Promise<void> {
    await this.#engine.request({ type: "REPORTED", ...reported });
  }

  /** What the store holds that a run of this file on this Mesos would end. Ask before `start`. */
  obstacles(digest: string): Obstacles {
    const { mesosIsTemporary } = this.#settings;
    return findObstacles(this.#engine.state, { digest, mesosIsTemporary });
  }

  /**
   * Kills jobs, whatever they are doing: they are not reported any more. Resolves when they are
   * dead, or, after the grace period and half a minute, to the ids of those whose end could not be
   * confirmed; these are still being killed.
   */
  killBatchJobs(jobIDs: readonly JobId[]): Promise<{ unconfirmed: JobId[] }> {
    return killAndConfirm(jobIDs, {
      ...this.#engine.killWait,
      bus: this.messageBus,
      kill: (known) => this.#engine.request({ type: "KILL", jobIDs: known }),
    });
  }

  /** Jobs that wait or run, by id, in no particular order. */
  getIssuedBatchJobIDs(): JobId[] {
    const jobIDs: JobId[] = [];
    for (const { jobID, result, killRequested } of this.#engine.state.jobs.values()) {
      if (!result && !killRequested) jobIDs.push(jobID);
    }
    return jobIDs;
  }

  /** Jobs whose command runs: id → seconds since it started. */
  getRunningBatchJobIDs(): Map<JobId, number> {
    const nowMs = this.#parts.now();
    const running = new Map<JobId, number>();
    const { state } = this.#engine;
    for (const { jobIDs: [jobID], startedAtMs } of state.tasks.values()) {
      if (jobID === undefined || startedAtMs === undefined) continue;
      if (state.job(jobID).killRequested) continue;
      running.set(jobID, Math.max(0, nowMs - startedAtMs) / 1000);
    }
    return running;
  }

  /**
   * The next job that has ended; each is returned once. Killed jobs are not.
   *
   * @param maxWait How long to wait for one, in seconds.
   * @throws {Error} when the batch system has failed.
   */
  async getUpdatedBatchJob(maxWait: number): Promise<UpdatedBatchJobInfo | null> {
    const [result] = await this.takeResults({ limit: 1, maxWaitMs: maxWait * 1000 });
    if (!result) return null;
    await this.acknowledgeResults([result.jobID]);
    const { jobID, exitStatus, exitReason, wallTimeSeconds, taskId } = result;
    return { jobID, exitStatus, exitReason, wallTime: wallTimeSeconds, backingId: taskId };
  }

  /**
   * Jobs that have ended, oldest first. They go to this caller only; they are kept and
   * come again after a restart, until they are acknowledged.
   *
   * @param options.limit The most to take.
   * @param options.maxWaitMs How long to wait for the first.
   * @param options.fileDigest Only results of the jobs of this file.
   */
  takeResults(options: ResultSelection): Promise<BatchJobResult[]> {
    return this.#engine.results.take(options);
  }

  /**
   * The results of all jobs, in the order in which they end, until no issued job is left or the
   * batch system shuts down. A result is delivered once the loop's body is left.
   *
   * @throws {Error} when the batch system has failed.
   */
  async *results(): AsyncGenerator<BatchJobResult, void, void> {
    while (this.#engine.state.jobs.size > 0 && !this.#engine.state.stopping) {
      const [result] = await this.takeResults({ limit: 1, maxWaitMs: RESULT_WAIT_MS });
      if (!result) continue;
      try {
        yield result;
      } finally {
        await this.acknowledgeResults([result.jobID]);
      }
    }
  }

  /** Marks results as delivered: they will not come again. */
  async acknowledgeResults(jobIDs: readonly JobId[]): Promise<void> {
    await this.#engine.request({ type: "DELIVERED", jobIDs });
    this.#engine.results.arrived(jobIDs);
  }

  /**
   * Files beside the scheduler that may hold what a job has written, the likely ones first.
   *
   * @internal
   */
  outputPaths(jobID: JobId, taskId: TaskId, stream: "stdout" | "stderr"): string[] {
    const paths = this.stdOutErrPaths(jobID, taskId);
    const shared = stream === "stdout" ? paths?.standardOutputPath : paths?.standardErrorPath;
    const directory = this.#engine.localDirectory;
    return [...(shared ? [shared] : []), `${directory}/${taskId}/${jobID}/${stream}`];
  }

  /**
   * Whether any job is on a node, named by its address or host name.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * assertEquals(batch.nodeInUse("127.0.0.1"), false);
   * ```
   */
  nodeInUse(nodeAddress: string): boolean {
    return nodeInUse(this.#engine.state, nodeAddress);
  }

  /**
   * The nodes that are known, by address.
   *
   * @param preemptible Only those that can be taken away, or only the others; undefined: all.
   * @param timeout Only those seen within this many seconds; undefined: all.
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * await batch.issueBatchJob("true", { cores: 0.1, memory: "32Mi", disk: "1Mi" });
   * await batch.getUpdatedBatchJob(60);
   * assertEquals([...batch.getNodes().keys()], ["127.0.0.1"]);
   * ```
   */
  getNodes(preemptible?: boolean, timeout?: number): Map<string, NodeInfo> {
    const seenWithinMs = timeout === undefined ? undefined : timeout * 1000;
    return listNodes(this.#engine.state, { preemptible, seenWithinMs }, this.#parts.now());
  }

  /** How often to look for missing or overlong jobs, in seconds. */
  getWaitDuration(): number {
    return 1;
  }

  /**
   * Says what holds waiting jobs back; undefined when none waits.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * assertEquals(batch.getSchedulingStatusMessage(), undefined);
   * ```
   */
  getSchedulingStatusMessage(): string | undefined {
    return this.#engine.schedulingStatus();
  }

  /**
   * Ends the batch system: jobs are killed, the framework is removed from Mesos. What is kept of
   * jobs that have not ended waits for the next process that opens the store. Idempotent.
   *
   * @returns Whether Mesos has removed the framework; if not, its jobs may keep running.
   */
  shutdown(): Promise<boolean> {
    return this.#engine.shutdown();
  }

  /**
   * Leaves the jobs running: the next process that opens the store resumes them. Of `shutdown`
   * and this only the first counts.
   */
  detach(): Promise<void> {
    return this.#engine.detach();
  }

  /** Shuts down, and closes what was opened for this batch system alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
    await this.#parts.resources?.disposeAsync();
  }
}
