/**
 * The message by which a scheduler kills jobs of a bundle, but not all of it. JSON.
 *
 * @module
 */

import { count, list, number, object, readJson, text } from "../support/json_checks.ts";
import type { JobId } from "./job_id.ts";

/** Which jobs to kill. */
export interface KillJobs {
  /** Their task. */
  readonly taskId: string;
  /** The jobs. */
  readonly jobIDs: readonly JobId[];
  /** The time between TERM and KILL, in milliseconds. */
  readonly graceMs: number;
}

/** Encodes the message. */
export function encodeKillJobs(killJobs: KillJobs): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ killJobs }));
}

const message = object({
  killJobs: object({
    taskId: text(),
    jobIDs: list(count),
    graceMs: number((ms) => ms >= 0, "a number of at least 0"),
  }),
});

/** Decodes the message; undefined if it is another one. */
export function decodeKillJobs(bytes: Uint8Array): KillJobs | undefined {
  return readJson(bytes, message)?.killJobs;
}
