/**
 * How the end of a task, in Mesos' words, is reported in Toil's. Pure.
 *
 * @see docs/task-state-reasons.md in the Mesos documentation
 * @module
 */

import type { BatchJobExitReason } from "../../job/exit_reason.ts";
import { decodeOutcome, type TaskOutcome } from "../../job/task_outcome.ts";
import type { TaskStatus, TaskStatusReason } from "../../mesos/wire/messages.ts";
import type { JobEnd } from "./job_lifecycle.ts";
import type { TaskRecord } from "./records.ts";
import { isBundle } from "./task_ids.ts";

/** Reasons for which the job is not to blame, and a few for which it is. */
const EXIT_REASONS: Readonly<Partial<Record<TaskStatusReason, BatchJobExitReason>>> = {
  REASON_CONTAINER_LIMITATION_MEMORY: "MEMLIMIT",
  REASON_CONTAINER_LIMITATION: "FAILED",
  REASON_CONTAINER_LIMITATION_DISK: "FAILED",
  REASON_MAX_COMPLETION_TIME_REACHED: "MAXJOBDURATION",
  REASON_CONTAINER_PREEMPTED: "LOST",
  REASON_EXECUTOR_TERMINATED: "LOST",
  REASON_EXECUTOR_UNREGISTERED: "LOST",
  REASON_EXECUTOR_REREGISTRATION_TIMEOUT: "LOST",
  REASON_FRAMEWORK_REMOVED: "LOST",
  REASON_MASTER_DISCONNECTED: "LOST",
  REASON_AGENT_DISCONNECTED: "LOST",
  REASON_AGENT_DRAINING: "LOST",
  REASON_AGENT_REMOVED: "LOST",
  REASON_AGENT_REMOVED_BY_OPERATOR: "LOST",
  REASON_AGENT_RESTARTED: "LOST",
  REASON_AGENT_UNKNOWN: "LOST",
  REASON_CONTAINER_LAUNCH_FAILED: "ERROR",
  REASON_CONTAINER_UPDATE_FAILED: "ERROR",
  REASON_EXECUTOR_REGISTRATION_TIMEOUT: "ERROR",
  REASON_TASK_INVALID: "ERROR",
  REASON_TASK_UNAUTHORIZED: "ERROR",
};

/** A wait status in words, as `WIFEXITED`, `WEXITSTATUS` and the like decode it. */
export function describeWaitStatus(status: number): string {
  if (status < 0) return "ended with an unknown status";
  const signal = status & 0x7f;
  return signal === 0 ? `exited with ${status >> 8}` : `was killed by signal ${signal}`;
}

/** Why a launch has failed. */
export function describeLaunchFailure(
  status: TaskStatus | undefined,
  executorExit: number | undefined,
): string {
  const text = [status?.state, status?.reason, status?.message].filter((part) => part).join(": ");
  return text + describeExecutorEnd(status, executorExit);
}

function describeExecutorEnd(
  status: TaskStatus | undefined,
  executorExit: number | undefined,
): string {
  if (status?.reason !== "REASON_EXECUTOR_TERMINATED" || executorExit === undefined) return "";
  return ` (the executor ${describeWaitStatus(executorExit)})`;
}

function describeFailure(status: TaskStatus, executorExit: number | undefined): string {
  const parts = [status.reason, status.message].filter((part) => part);
  const text = parts.join(": ") || `${status.state ?? "an unknown state"} without a reason`;
  return text + describeExecutorEnd(status, executorExit);
}

/** What is known of a command's failure, for people: limit, signal, standard error. */
export function describeOutcome(outcome: TaskOutcome): string {
  const { exitStatus = 0, standardErrorTail = "" } = outcome;
  const signal = exitStatus < 0 ? `ended by signal ${-exitStatus}` : "";
  return [describeLimit(outcome), signal, standardErrorTail.trim()].filter((part) => part)
    .join(": ");
}

/** The limit that an executor has ended a job for. */
function limitExceeded(outcome: TaskOutcome): BatchJobExitReason | undefined {
  if (outcome.memoryLimitExceeded) return "MEMLIMIT";
  return outcome.timeLimitExceeded ? "MAXJOBDURATION" : undefined;
}

function describeLimit({ memoryLimitExceeded, timeLimitExceeded }: TaskOutcome): string {
  if (memoryLimitExceeded) return "it used too much memory";
  return timeLimitExceeded ? "it exceeded its time limit" : "";
}

function exitReasonOf(
  state: string | undefined,
  byState: Readonly<Record<string, BatchJobExitReason>>,
): BatchJobExitReason {
  return byState[state ?? ""] ?? "FAILED";
}

/** What a terminal status of Mesos means for the job. */
export function toJobEnd(status: TaskStatus, executorExit: number | undefined): JobEnd {
  const outcome = decodeOutcome(status);
  const wallTime = outcome.wallTimeSeconds === undefined
    ? {}
    : { wallTimeSeconds: outcome.wallTimeSeconds };
  if (status.state === "TASK_FINISHED") {
    return { exitReason: "FINISHED", exitStatus: 0, ...wallTime };
  }
  const ofState = exitReasonOf(status.state, { TASK_KILLED: "KILLED", TASK_ERROR: "ERROR" });
  const byReason = status.reason ? EXIT_REASONS[status.reason] : undefined;
  const exitReason = limitExceeded(outcome) ?? byReason ?? ofState;
  if (outcome.exitStatus === undefined) {
    return { exitReason, message: describeFailure(status, executorExit), ...wallTime };
  }
  const { exitStatus } = outcome;
  const how = describeOutcome(outcome);
  // What Mesos has ended for a reason of its own, as when a node is drained, has that reason.
  const message = byReason ? `${status.reason}: ${how}` : how;
  return { exitReason, exitStatus, message, ...wallTime };
}

/**
 * Whether only a missing report could say how the jobs of a task have ended: of a bundle
 * that has begun, the executor alone knows which of them have run.
 */
export function isEndUnknown(
  { taskId, jobIDs, seen }: TaskRecord,
  { source }: Pick<TaskStatus, "source">,
): boolean {
  return isBundle(taskId) && seen && (jobIDs.length > 1 || source === "SOURCE_EXECUTOR");
}

/** What is reported of jobs of a bundle that has ended without a word of them. */
export function endUnreported(status: TaskStatus): JobEnd {
  const how = describeFailure(status, undefined);
  return { exitReason: "LOST", message: `its bundle has ended without a report of it: ${how}` };
}

/**
 * The end of the jobs of a task when only the master has reported it.
 *
 * @param options.isUnknown Whether that says nothing of a single job.
 */
export function toJobEndAsTold(
  told: TaskRecord["told"],
  { isUnknown = false }: { isUnknown?: boolean } = {},
): JobEnd {
  const said = told?.message ? `: ${told.message}` : "";
  const message = `${told?.state ?? "ended"}, without the executor's report${said}`;
  if (isUnknown) return { exitReason: "LOST", message };
  if (told?.state === "TASK_FINISHED") return { exitReason: "FINISHED", exitStatus: 0 };
  const exitReason = exitReasonOf(told?.state, { TASK_KILLED: "KILLED", TASK_GONE: "LOST" });
  return { exitReason, message };
}
