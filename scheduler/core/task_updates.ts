/**
 * What follows when something is heard of a task. Pure.
 *
 * @module
 */

import { restAgent, trustAgent } from "./agent_rest.ts";
import { decodeOutcome } from "../../job/task_outcome.ts";
import type { TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import type { Frame } from "./frame.ts";
import {
  acknowledge,
  callKill,
  endJob,
  finishKill,
  jobOfTask,
  MAX_MESSAGE_CHARACTERS,
  requeueJob,
} from "./job_lifecycle.ts";
import {
  isLive,
  type JobRecord,
  type LiveJob,
  type TaskPhase,
  type TaskRecord,
} from "./records.ts";
import { describeLaunchFailure, toJobEnd, toJobEndAsTold } from "./task_end.ts";
import { requestReviveForFreed, shutDownUnused } from "./offer_round.ts";
import { type ExecutorKey, forgetSigns, hearExecutor } from "./signs_of_life.ts";
import { adopt } from "./restored_state.ts";
import { watchLaunch } from "./silent_launches.ts";
import { handleStray } from "./stray_tasks.ts";
import { TASK_TRANSITIONS, type TaskAction, type TaskInput } from "./task_transitions.ts";

/** How long the executor's report may stay behind the master's word. */
export const SETTLING_TIMEOUT_MS = 60_000;

/** A job that agents could not begin so often ends as ERROR: their executors end before, or they do
 * not know the user. */
export const MAX_VAIN_LAUNCHES = 7;

/** The same where its user script could not be had: executors try that for long themselves. */
export const MAX_VAIN_DEPLOYMENTS = 3;

/** How agents say that they can't start anything as this user. */
const USER_REFUSED = /Failed to chown directory to '/;

/** The same for launches that failed for any reason: in a busy cluster some do not get through. */
export const MAX_LAUNCHES = 100;

/** States that a task has only once its executor has it. */
const HAS_BEGUN: readonly TaskState[] = [
  "TASK_STARTING",
  "TASK_RUNNING",
  "TASK_KILLING",
  "TASK_FINISHED",
];

/** How an agent ends tasks whose executor has ended. */
const ENDED_WITH_EXECUTOR: readonly TaskState[] = ["TASK_FAILED", "TASK_GONE", "TASK_LOST"];

/** What a master answers about a task that it does not know, by its agent. */
const UNKNOWN_TO_MASTER: readonly TaskState[] = [
  "TASK_UNKNOWN",
  "TASK_UNREACHABLE",
  "TASK_GONE_BY_OPERATOR",
];

/** Handles a status update, of whatever origin. */
export function handleUpdate(frame: Frame, status: TaskStatus): void {
  if (adopt(frame, status)) return;
  const taskId = status.task_id.value;
  const job = jobOfTask(frame, taskId);
  frame.state.reconciliation.answered(taskId);
  if (!isLive(job)) return handleStray(frame, status);
  acknowledge(frame, status);
  // A state of a newer Mesos: nothing is known of it, so nothing is done.
  if (!status.state) return;
  job.task.containerId = status.container_status?.container_id?.value ?? job.task.containerId;
  const { agentId, executorId } = job.task;
  const isHeard = status.uuid && status.source === "SOURCE_EXECUTOR" && executorId !== undefined;
  if (isHeard) hearExecutor(frame, { agentId, executorId });
  if (HAS_BEGUN.includes(status.state)) noteBegun(frame, job, job.task);
  const drop = frame.state.dropped.get(job.jobID);
  frame.state.dropped.delete(job.jobID);
  const input = toTaskInput(job, { status, state: status.state, isDropped: drop !== undefined });
  handleTaskInput(frame, job, input, input === "not launched" ? drop ?? status : status);
}

/** Whatever follows from the update: what may have begun must not be launched again. */
function noteBegun(frame: Frame, job: JobRecord, task: TaskRecord): void {
  if (task.seen) return;
  task.seen = true;
  frame.state.jobChanged(job);
  trustAgent(frame, task.agentId);
}

/** What a status says of an attempt. */
function toTaskInput(
  job: JobRecord,
  { status, state, isDropped }: { status: TaskStatus; state: TaskState; isDropped: boolean },
): TaskInput {
  const { task } = job;
  if (status.uuid) return isNeverBegun(job, status, state) ? "never begun" : `reported ${state}`;
  // The agent is there and does not know the task: the master names the executor of those that it
  // does. All that was ever reported of it is written down here, since that comes before the
  // acknowledgement; so a task that we never saw never ran.
  if (state === "TASK_GONE" && !status.executor_id) return "not launched";
  // Had the master taken an earlier copy of the launch that it refused, it would know the task, or
  // would have said that its agent is unreachable when it found that out.
  const isUnknown = status.reason === "REASON_RECONCILIATION" && UNKNOWN_TO_MASTER.includes(state);
  if (isDropped && isUnknown && task?.phase === "LAUNCHING") return "not launched";
  // The agent has dropped the task and was restarted before we had its word. The master takes no
  // note of launches that it refuses itself.
  const isKnownDropped = state === "TASK_DROPPED" && status.reason === "REASON_RECONCILIATION";
  if (isKnownDropped && task?.phase === "LAUNCHING") return "not launched";
  // The executor has ended since the offer, and what the task brought is not enough for a new one.
  const isExecutorGone = state === "TASK_ERROR" && status.reason === "REASON_TASK_INVALID" &&
    task?.joinsExecutor;
  if (isExecutorGone && launchesFailed(job) < MAX_VAIN_LAUNCHES) return "not launched";
  return `told ${state}`;
}

/**
 * Whether a report says that the command was not begun. An executor begins nothing before its agent
 * has taken a first update, which the agent reports before the end.
 */
function isNeverBegun(job: JobRecord, status: TaskStatus, state: TaskState): boolean {
  if (status.source === "SOURCE_EXECUTOR") {
    return state === "TASK_FAILED" && decodeOutcome(status).isUndeployed === true &&
      (job.vainLaunches ?? 0) + 1 < MAX_VAIN_DEPLOYMENTS;
  }
  return job.task?.seen === false && ENDED_WITH_EXECUTOR.includes(state);
}

/** How many launches have failed if this one has. */
function launchesFailed({ failedLaunches = 0 }: JobRecord): number {
  return failedLaunches + 1;
}

/** Does what the table says. */
export function handleTaskInput(
  frame: Frame,
  job: LiveJob,
  input: TaskInput,
  status?: TaskStatus,
): void {
  const { task } = job;
  const action = TASK_TRANSITIONS[task.phase][input];
  const { agentId, executorId } = task;
  perform(frame, job, task, action, status);
  if (isLive(job)) return;
  requestReviveForFreed(frame, agentId);
  if (executorId !== undefined && frame.state.connected) {
    shutDownUnused(frame, { value: agentId }, [{ value: executorId }]);
  }
}

function perform(
  frame: Frame,
  job: JobRecord,
  task: TaskRecord,
  action: TaskAction,
  status: TaskStatus | undefined,
): void {
  const { state } = frame;
  switch (action) {
    case "keep":
      return;
    case "launching":
      return enter(frame, job, task, "LAUNCHING");
    case "starting":
      return enter(frame, job, task, "STARTING");
    case "running":
      return enter(frame, job, task, "RUNNING");
    case "unreachable":
      // A kill that is answered like this will get no better answer.
      if (job.killRequested) return finishKill(frame, job, false);
      return enter(frame, job, task, "UNREACHABLE");
    case "settle":
      if (job.killRequested) return finishKill(frame, job, true);
      task.told = {
        state: status?.state ?? "",
        message: (status?.message ?? "").slice(0, MAX_MESSAGE_CHARACTERS),
      };
      return enter(frame, job, task, "SETTLING");
    case "requeue or lose":
      if (job.killRequested) return finishKill(frame, job, true);
      if (task.seen) return lose(frame, job, describe(status));
      return requeue(frame, job, task, status);
    case "ask":
      if (status) state.dropped.set(job.jobID, status);
      return state.reconciliation.add(task.taskId);
    case "requeue":
      if (job.killRequested) return finishKill(frame, job, true);
      return requeue(frame, job, task, status);
    case "end": {
      const executorExit = state.agents.get(task.agentId)?.executorExit;
      if (!status) throw new TypeError(`Cannot end task ${task.taskId}: no status says how`);
      return endJob(frame, job, toJobEnd(status, executorExit));
    }
    case "end as told": {
      const told = status?.state
        ? { state: status.state, message: status.message ?? "" }
        : undefined;
      return endJob(frame, job, toJobEndAsTold(task.told ?? told));
    }
    case "lose":
      return lose(frame, job, status ? describe(status) : "Mesos has removed the framework");
    case "kill and lose":
      callKill(frame, task);
      return lose(
        frame,
        job,
        task.phase === "LAUNCHING"
          ? "no executor has reported anything about the task for too long"
          : "the node, or its executor, could not be reached for too long",
      );
    default:
      return action satisfies never;
  }
}

function requeue(
  frame: Frame,
  job: JobRecord,
  task: TaskRecord,
  status: TaskStatus | undefined,
): void {
  const isVain = status?.uuid !== undefined &&
    (ENDED_WITH_EXECUTOR.includes(status.state ?? "TASK_DROPPED") ||
      USER_REFUSED.test(status.message ?? ""));
  // An offer that was gone by then says nothing of the agent.
  if (status?.reason !== "REASON_INVALID_OFFERS") {
    restAgent(frame, task, isVain ? "executor" : "launch");
  }
  const failed = job.failedLaunches = launchesFailed(job);
  if (isVain) job.vainLaunches = (job.vainLaunches ?? 0) + 1;
  const executorExit = frame.state.agents.get(task.agentId)?.executorExit;
  const reason = describeLaunchFailure(status, executorExit);
  if (failed >= MAX_LAUNCHES || (job.vainLaunches ?? 0) >= MAX_VAIN_LAUNCHES) {
    return endJob(frame, job, {
      exitReason: "ERROR",
      message: `Cannot launch the job: ${failed} launches have failed; the last: ${reason}`,
    });
  }
  frame.events.push({ type: "JOB_REQUEUED", jobID: job.jobID, attempt: failed, reason });
  requeueJob(frame, job);
}

function describe(status: TaskStatus | undefined): string {
  return [status?.state, status?.reason, status?.message].filter((part) => part).join(": ");
}

function lose(frame: Frame, job: JobRecord, message: string): void {
  endJob(frame, job, { exitReason: "LOST", message });
}

/** Enters a phase, with its deadline where it has one, and tells of it where that is news. */
function enter(frame: Frame, job: JobRecord, task: TaskRecord, phase: TaskPhase): void {
  const { state, settings, nowMs, events } = frame;
  const { jobID } = job;
  if (phase === task.phase) return;
  watchExecutor(frame, task, phase);
  task.phase = phase;
  if (phase === "LAUNCHING") watchLaunch(state, jobID, nowMs);
  else state.silentLaunches.delete(jobID);
  if (phase === "UNREACHABLE") state.deadlines.set(jobID, nowMs + settings.unreachableTimeoutMs);
  else if (phase === "SETTLING") state.deadlines.set(jobID, nowMs + SETTLING_TIMEOUT_MS);
  else state.deadlines.delete(jobID);
  if (phase === "RUNNING") task.startedAtMs ??= nowMs;
  state.jobChanged(job);
  const { taskId, node } = task;
  if (phase === "RUNNING") events.push({ type: "JOB_RUNNING", jobID, taskId, node });
  if (phase === "UNREACHABLE") events.push({ type: "JOB_UNREACHABLE", jobID, taskId, node });
}

/** Nothing is expected of an executor whose agent can't be reached, until that is back. */
function watchExecutor(frame: Frame, task: TaskRecord, next: TaskPhase): void {
  const { agentId, executorId } = task;
  if (executorId === undefined) return;
  if (next === "UNREACHABLE") forgetSigns(frame, agentId, executorId);
  else if (task.phase === "UNREACHABLE") hearExecutor(frame, { agentId, executorId });
}

/** Gives up an executor that does not answer. What it has begun is lost; what it has not comes back
 * when the agent reports its end. */
export function giveUpExecutor(frame: Frame, { agentId, executorId }: ExecutorKey): void {
  const { state, calls } = frame;
  for (const jobID of [...state.jobsByAgent.get(agentId) ?? []]) {
    const job = state.jobs.get(jobID);
    if (isLive(job) && job.task.executorId === executorId) {
      handleTaskInput(frame, job, "executor silent");
    }
  }
  const ids = { executor_id: { value: executorId }, agent_id: { value: agentId } };
  calls.push({ type: "SHUTDOWN", shutdown: ids });
}

/** Gives up attempts whose time has run out. */
export function expireDeadlines(frame: Frame): void {
  const { state, nowMs } = frame;
  for (const [jobID, dueMs] of state.deadlines) {
    if (nowMs < dueMs) continue;
    state.deadlines.delete(jobID);
    const job = state.jobs.get(jobID);
    if (isLive(job)) handleTaskInput(frame, job, "timeout");
  }
}
