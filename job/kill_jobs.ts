/**
 * The message by which a scheduler kills jobs of a bundle, but not all of it. JSON.
 *
 * @module
 */

/** Which jobs to kill. */
export interface KillJobs {
  /** Their task. */
  readonly taskId: string;
  /** The jobs. */
  readonly jobIDs: readonly number[];
  /** The time between TERM and KILL, in milliseconds. */
  readonly graceMs: number;
}

/** Encodes the message. */
export function encodeKillJobs(killJobs: KillJobs): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ killJobs }));
}

/** Decodes the message; undefined if it is another one. */
export function decodeKillJobs(bytes: Uint8Array): KillJobs | undefined {
  try {
    const { taskId, jobIDs, graceMs } =
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)).killJobs;
    const isSound = typeof taskId === "string" && Array.isArray(jobIDs) &&
      jobIDs.every((jobID) => Number.isSafeInteger(jobID)) && graceMs >= 0 && graceMs < Infinity;
    return isSound ? { taskId, jobIDs, graceMs } : undefined;
  } catch {
    return undefined;
  }
}
