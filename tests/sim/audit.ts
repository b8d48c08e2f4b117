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
}

/** Keeps the books. */
export class Audit {
  readonly executions: Execution[] = [];
  readonly #byJob = new Map<number, Execution[]>();
  readonly results = new Map<number, BatchJobResult>();
  readonly killed = new Set<number>();
  /** Agents that were away for so long that their jobs may be given up, and tasks whose executor
   * died under them. */
  readonly #excused = new Set<string>();
  #frameworkRemoved = false;

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
    const earlier = (this.#byJob.get(jobID) ?? []).filter(({ forgiven }) => !forgiven);
    // Nobody may run a job again on his own: what has run in part is for the caller to decide.
    if (earlier.length > 0) {
      throw new Violation(`job ${jobID} ran as ${earlier[0]?.taskId} and runs again as ${taskId}`);
    }
    const execution = { jobID, taskId, node, cutShort: false, ended: false, forgiven: false };
    this.executions.push(execution);
    this.#byJob.set(jobID, [...earlier, execution]);
    return execution;
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
      if (execution.taskId !== "") continue;
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
    const execution = this.#byJob.get(jobID)?.at(-1);
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

  #mayBeLost({ taskId, node }: BatchJobResult): boolean {
    // Local jobs end with the scheduler.
    return this.#frameworkRemoved || this.#excused.has(taskId) || this.#excused.has(node) ||
      node === "leader";
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
