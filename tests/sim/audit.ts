/**
 * What really happened, as nobody inside the system knows it, and what was reported. The checks are
 * made from these alone.
 *
 * @module
 */

import type { BatchJobResult } from "../../scheduler/core/records.ts";

/** A safety or liveness property does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Where local jobs run. */
export const LEADER = "leader";

/** Why an executor could not begin a job. */
export const NO_USER_SCRIPT = "no user script";

/** One execution of a job's command. */
export interface Execution {
  readonly jobID: number;
  readonly taskId: string;
  readonly node: string;
  /** The command's status, once it has ended by itself. */
  exitStatus?: number;
  /** It was ended from outside, or died with its executor or machine. */
  cutShort: boolean;
  ended: boolean;
  /** It was ended by a shutdown: the job may be run again. */
  forgiven: boolean;
  /** It ran when the framework was removed, or before. */
  abandoned: boolean;
  /** It ran when a shutdown began, which ends it: the job may be run again then. */
  isToEnd?: boolean;
}

/** Ends that the system reports only when no attempt is left. */
const RETRIED: readonly string[] = ["LOST", "FAILED", "KILLED"];

/** Keeps the books. */
export class Audit {
  readonly executions: Execution[] = [];
  readonly #byJob = new Map<number, Execution[]>();
  readonly results = new Map<number, BatchJobResult>();
  readonly killed = new Set<number>();
  /** How often each job may be run again. */
  readonly #retries: readonly number[];
  /** Agents that were away for so long that their jobs may be given up, and tasks whose executor
   * died under them. */
  readonly #excused = new Set<string>();
  /** Jobs that did not run when the store went back: what became of them is not known. */
  readonly #forgotten = new Set<number>();
  #frameworkRemoved = false;

  /** @param retries How often the jobs may be run again, in the order of their ids. */
  constructor(retries: readonly number[]) {
    this.#retries = retries;
  }

  /** A command starts. */
  start(
    { jobID, taskId, node, userScript }: {
      jobID: number;
      taskId: string;
      node: string;
      userScript: string | undefined;
    },
  ): Execution {
    if (userScript === undefined) throw new Violation(`job ${jobID} runs without the user script`);
    const earlier = (this.#byJob.get(jobID) ?? []).filter(({ forgiven, isToEnd, cutShort }) =>
      !forgiven && !(isToEnd && cutShort)
    );
    for (const execution of earlier) this.#checkAgain(execution, taskId);
    // What has run in part is run again only as often as the job allows.
    // A master that has failed over since does not say that it had removed the framework.
    const counted = earlier.filter(({ abandoned }) => !abandoned);
    if (counted.length > this.#retriesOf(jobID)) {
      const before = earlier.map((execution) => execution.taskId).join(", ");
      throw new Violation(`job ${jobID} ran as ${before} and runs again as ${taskId}`);
    }
    const marks = { cutShort: false, ended: false, forgiven: false, abandoned: false };
    const execution = { jobID, taskId, node, ...marks };
    this.executions.push(execution);
    this.#byJob.set(jobID, [...earlier, execution]);
    return execution;
  }

  #isExcused({ taskId, node }: Pick<Execution, "taskId" | "node">): boolean {
    return this.#excused.has(taskId) || this.#excused.has(node);
  }

  #retriesOf(jobID: number): number {
    return this.#retries[jobID - 1] ?? 0;
  }

  /** Only a job that is known to have failed is run again, or one that can't be reached. */
  #checkAgain(
    { jobID, taskId, node, abandoned, ended, exitStatus }: Execution,
    next: string,
  ): void {
    if (abandoned || this.#isExcused({ taskId, node })) return;
    if (!ended) throw new Violation(`job ${jobID} runs as ${taskId} and as ${next} at once`);
    if (exitStatus === 0) {
      throw new Violation(`job ${jobID} has finished as ${taskId} and runs again as ${next}`);
    }
  }

  /** A shutdown begins; its process may yet die. */
  shutDown(): void {
    for (const execution of this.executions) if (!execution.ended) execution.isToEnd = true;
  }

  /** A shutdown has ended everything: what did not end by itself may be run again. */
  forgive(): void {
    for (const execution of this.executions) {
      if (!this.results.has(execution.jobID)) execution.forgiven = true;
    }
  }

  /** A local job is ended from outside. */
  cutLocalJob(jobID: number): void {
    const execution = this.#byJob.get(jobID)?.at(-1);
    if (!execution || execution.ended) return;
    execution.ended = true;
    execution.cutShort = true;
  }

  /** Local jobs end with the scheduler, and may be run by the next. */
  localJobsMayRunAgain(): void {
    for (const execution of this.executions) {
      if (execution.node !== LEADER) continue;
      execution.ended = true;
      execution.forgiven = true;
    }
  }

  /** This task, or those of this agent, may be lost. */
  excuse(id: string): void {
    this.#excused.add(id);
  }

  /** All jobs that run may be lost. */
  excuseAll(): void {
    this.#frameworkRemoved = true;
    // What has ended without being heard of is not heard of any more.
    for (const execution of this.executions) execution.abandoned = true;
  }

  /** The scheduler's store has gone back. The results are in their file, and Mesos knows what
   * runs, but for agents that it has lost; the rest may be lost, or run again. */
  goBack(): void {
    for (const execution of this.executions) {
      const { jobID, ended } = execution;
      if (this.results.has(jobID) || !ended && !this.#isExcused(execution)) continue;
      execution.forgiven = true;
    }
    this.#forgotten.clear();
    for (let jobID = 1; jobID <= this.#retries.length; jobID++) {
      const runs = this.#byJob.get(jobID)?.some(({ ended }) => !ended) ?? false;
      if (!runs) this.#forgotten.add(jobID);
    }
  }

  /** The store has forgotten that a job was killed. */
  forgetKill(jobID: number): void {
    this.killed.delete(jobID);
  }

  /** A result has reached the user. */
  report(result: BatchJobResult): void {
    const { jobID, exitReason, exitStatus } = result;
    const before = this.results.get(jobID);
    if (before) {
      // After a crash the same result may come again: it is recognised by being the same.
      if (JSON.stringify(before) === JSON.stringify(result)) return;
      throw new Violation(
        `job ${jobID} is reported twice, as ${exitReason} and ${before.exitReason}`,
      );
    }
    if (this.killed.has(jobID)) throw new Violation(`job ${jobID} was killed and is reported`);
    if (!(result.wallTimeSeconds > 0)) throw new Violation(`job ${jobID} took no time`);
    this.results.set(jobID, result);
    this.#checkAttempts(result);
    const execution = this.#executionOf(jobID, result.taskId);
    if (exitReason === "LOST" && !this.#mayBeLost(result)) {
      throw new Violation(`job ${jobID} is lost for no reason: ${result.message}`);
    }
    if (exitReason === "ERROR" && execution) {
      throw new Violation(`job ${jobID} has begun and is ERROR: ${result.message}`);
    }
    // Where the report never came, the master's word is all there is.
    const isTold = result.message.includes("without the executor's report");
    const isUndeployed = result.message.includes(NO_USER_SCRIPT) && !execution;
    const isStatus = exitReason === "FINISHED" ||
      (exitReason === "FAILED" && !isTold && !isUndeployed);
    if (
      isStatus && (!execution?.ended || execution.cutShort || execution.exitStatus !== exitStatus)
    ) {
      throw new Violation(
        `job ${jobID} is reported as ${exitReason} with ${exitStatus} (${result.message}); in truth ` +
          JSON.stringify(execution),
      );
    }
  }

  /** No more attempts than were allowed, and no fewer where the last one failed. */
  #checkAttempts({ jobID, exitReason, attempts = 1 }: BatchJobResult): void {
    const allowed = this.#retriesOf(jobID) + 1;
    const isTooFew = RETRIED.includes(exitReason) && attempts < allowed;
    if (attempts <= allowed && !isTooFew) return;
    throw new Violation(`job ${jobID} is ${exitReason} after ${attempts} of ${allowed} attempts`);
  }

  /** Among all: one that was forgiven may yet be heard of, and reported. */
  #executionOf(jobID: number, taskId: string): Execution | undefined {
    return this.executions.find((each) => each.jobID === jobID && each.taskId === taskId);
  }

  #mayBeLost({ jobID, taskId, node }: BatchJobResult): boolean {
    // Local jobs end with the scheduler.
    return this.#frameworkRemoved || this.#forgotten.has(jobID) || this.#excused.has(taskId) ||
      this.#excused.has(node) ||
      node === LEADER;
  }

  /** The system says that a job is killed. */
  kill(jobID: number): void {
    if (this.results.has(jobID)) throw new Violation(`job ${jobID} was reported and is killed`);
    if (this.killed.has(jobID)) throw new Violation(`job ${jobID} is killed twice`);
    this.killed.add(jobID);
  }

  /** Nothing runs any more. */
  checkIdle(): void {
    const running = this.executions.find(({ ended }) => !ended);
    if (running) throw new Violation(`task ${running.taskId} still runs on ${running.node}`);
  }

  /** Every job is accounted for exactly once. */
  checkComplete(jobs: number): void {
    const missing: number[] = [];
    for (let jobID = 1; jobID <= jobs; jobID++) {
      if (!this.results.has(jobID) && !this.killed.has(jobID)) missing.push(jobID);
    }
    if (missing.length > 0) throw new Violation(`never reported: jobs ${missing.join(", ")}`);
  }
}
