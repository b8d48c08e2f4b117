/**
 * Killing with an answer: the caller learns when the jobs are dead, or, after a
 * time, which of them are not known to be.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { ChangeSignal } from "./change_signal.ts";
import type { MessageBus } from "./message_bus.ts";
import { tasksToKill } from "./core/kills.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";

/** How the end of killed jobs is waited for. */
export interface KillWait {
  /** Holds the jobs. */
  readonly state: SchedulerState;
  /** Notified when the state has changed. */
  readonly changes: ChangeSignal;
  /** Milliseconds, never stepping back. */
  readonly now: () => number;
  /** How long to wait for the end of the last. */
  readonly timeoutMs: number;
}

/** What a kill is confirmed with. */
export interface KillConfirmation extends KillWait {
  /** Called with the outcome of each kill. */
  readonly bus: MessageBus;
  /** Has the jobs killed; resolves once that is noted. */
  readonly kill: (jobIDs: readonly JobId[]) => Promise<unknown>;
}

/** Kills jobs; resolves to those whose end could not be confirmed. Unknown ids are passed over. */
export async function killAndConfirm(
  jobIDs: readonly JobId[],
  { state, bus, changes, now, kill, timeoutMs }: KillConfirmation,
): Promise<{ unconfirmed: JobId[] }> {
  const pending = new Set<JobId>();
  const unconfirmed: JobId[] = [];
  const unsubscribe = bus.subscribe((event) => {
    if (event.type !== "JOB_KILLED" || !pending.delete(event.jobID)) return;
    if (!event.confirmed) unconfirmed.push(event.jobID);
  });
  try {
    for (const jobID of jobIDs) if (state.jobs.has(jobID)) pending.add(jobID);
    await kill([...pending]);
    // A job whose result was delivered in between can't be killed any more.
    for (const jobID of pending) if (!state.jobs.has(jobID)) pending.delete(jobID);
    const deadlineMs = now() + timeoutMs;
    while (pending.size > 0 && now() < deadlineMs) {
      await changes.wait(deadlineMs - now());
    }
    return { unconfirmed: [...pending, ...unconfirmed] };
  } finally {
    unsubscribe();
  }
}

/** Waits for the end of all tasks that can be killed; not while Mesos is unreachable. */
export async function tasksEnded(
  { state, changes, now, timeoutMs }: KillWait,
): Promise<void> {
  const deadlineMs = now() + timeoutMs;
  while (state.connected && tasksToKill(state).length > 0 && now() < deadlineMs) {
    try {
      await changes.wait(deadlineMs - now());
    } catch {
      // Nothing will change any more.
      return;
    }
  }
}
