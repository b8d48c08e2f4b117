/**
 * What follows when something is heard of a task. Pure.
 *
 * @module
 */

import { shutDownUnused } from "./executors_in_use.ts";
import { isUserRefusedEverywhere, noteUserRefusal, restAgent, trustAgent } from "./agent_rest.ts";
import { runsBundles } from "../../job/bundle_report.ts";
import { decodeOutcome } from "../../job/task_outcome.ts";
import type { TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import { acknowledge, type Frame } from "./frame.ts";
import {
  endJob,
  finishKill,
  type JobEnd,
  MAX_MESSAGE_CHARACTERS,
  requeueJob,
} from "./job_lifecycle.ts";
import { callKill, finishUnheardKill, repeatKill } from "./kills.ts";
import type { JobRecord, TaskPhase, TaskRecord } from "./records.ts";
import {
  describeLaunchFailure,
  endUnreported,
  isEndUnknown,
  toJobEnd,
  toJobEndAsTold,
} from "./task_end.ts";
import { requestReviveForFreed } from "./offer_round.ts";
import type { SchedulerSettings } from "./settings.ts";
import { type ExecutorKey, forgetSigns, hearExecutor } from "./signs_of_life.ts";
import { adopt } from "./restored_state.ts";
import { watchLaunch } from "./silent_launches.ts";
import { handleStray } from "./stray_tasks.ts";
import { takeReport } from "./task_reports.ts";
import { attemptIdIn, isBundle } from "./task_ids.ts";
import { TASK_TRANSITIONS, type TaskAction, type TaskInput } from "./task_transitions.ts";

/** How long the executor's report may stay behind the master's word. */
export const SETTLING_TIMEOUT_MS = 60_000;

/** A job that agents failed to start this often ends as ERROR: their executors end before, or they do
 * not know the user. */
export const MAX_VAIN_LAUNCHES = 7;

/** The same where its user script could not be had: executors try that for long themselves. */
export const MAX_VAIN_DEPLOYMENTS = 3;

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
  const { state } = frame;
  const taskId = status.task_id.value;
  const task = state.tasks.get(taskId);
  state.reconciliation.answered(taskId);
  if (!task) return handleStray(frame, status);
  acknowledge(frame, status);
  // A state of a newer Mesos: nothing is known of it, so nothing is done.
  if (!status.state) return;
  task.containerId = status.container_status?.container_id?.value ?? task.containerId;
  const { agentId, executorId } = task;
  const isHeard = status.uuid && status.source === "SOURCE_EXECUTOR" && executorId !== undefined;
  if (isHeard) hearExecutor(frame, { agentId, executorId });
  if (isHeard && runsBundles(status)) noteAbility(frame, { agentId, executorId });
  if (HAS_BEGUN.includes(status.state)) noteBegun(frame, task);
  const drop = state.dropped.get(taskId);
  state.dropped.delete(taskId);
  takeReport(frame, task, status);
  if (!state.tasks.has(taskId)) return freeResources(frame, task, status);
  const input = toTaskInput(frame, task, { status, state: status.state, isDropped: !!drop });
  handleTaskInput(frame, task, input, input === "not launched" ? drop ?? status : status);
}

/** An executor says that it runs bundles: from now on it may get some. */
function noteAbility({ state }: Frame, { agentId, executorId }: ExecutorKey): void {
  for (const executor of state.executors.get(agentId)?.values() ?? []) {
    if (executor.executorId !== executorId || executor.runsBundles) continue;
    executor.runsBundles = true;
    state.setExecutor(executor);
  }
}

/** Whatever follows from the update: what may have begun must not be launched again. */
function noteBegun(frame: Frame, task: TaskRecord): void {
  if (task.seen) return;
  task.seen = true;
  frame.state.taskChanged(task);
  trustAgent(frame, task.agentId);
  // An executor hears no message about a task before it has it.
  if (task.jobIDs.length > 1) repeatKill(frame, task);
}

/** What a status says of a task. */
function toTaskInput(
  frame: Frame,
  task: TaskRecord,
  { status, state, isDropped }: { status: TaskStatus; state: TaskState; isDropped: boolean },
): TaskInput {
  const job = frame.state.firstJob(task);
  if (status.uuid) return isNeverBegun(job, task, status) ? "never begun" : `reported ${state}`;
  // The agent is there and does not know the task: the master names the executor of those that it
  // does. All that was ever reported of it is written down here, since that comes before the
  // acknowledgement; so a task that we never saw never ran.
  if (state === "TASK_GONE" && !status.executor_id) return "not launched";
  // Had the master taken an earlier copy of the launch that it refused, it would know the task, or
  // would have said that its agent is unreachable when it found that out.
  const isUnknown = status.reason === "REASON_RECONCILIATION" && UNKNOWN_TO_MASTER.includes(state);
  if (isDropped && isUnknown && task.phase === "LAUNCHING") return "not launched";
  // The agent has dropped the task and was restarted before we had its word. The master takes no
  // note of launches that it refuses itself.
  const isKnownDropped = state === "TASK_DROPPED" && status.reason === "REASON_RECONCILIATION";
  if (isKnownDropped && task.phase === "LAUNCHING") return "not launched";
  // The executor has ended since the offer, and what the task brought is not enough for a new one.
  const isExecutorGone = state === "TASK_ERROR" && status.reason === "REASON_TASK_INVALID" &&
    task.joinsExecutor;
  if (isExecutorGone && launchesFailed(job) < MAX_VAIN_LAUNCHES) return "not launched";
  return `told ${state}`;
}

/**
 * Whether a report says that a command was not begun. An executor begins nothing before its agent
 * has taken a first update, which the agent reports before the end.
 */
function isNeverBegun(
  { vainLaunches = 0 }: JobRecord,
  { seen }: TaskRecord,
  status: Pick<TaskStatus, "source" | "state" | "message" | "labels">,
): boolean {
  const { source, state = "TASK_STAGING" } = status;
  if (source === "SOURCE_EXECUTOR") {
    return state === "TASK_FAILED" && decodeOutcome(status).isUndeployed === true &&
      vainLaunches + 1 < MAX_VAIN_DEPLOYMENTS;
  }
  return !seen && ENDED_WITH_EXECUTOR.includes(state);
}

/** Handles what an executor reports of the end of one job of a bundle. */
export function handleJobEnd(
  frame: Frame,
  { job, task }: { job: JobRecord; task: TaskRecord },
  status: TaskStatus,
): void {
  if (!isNeverBegun(job, task, status)) return endJob(frame, job, toJobEnd(status, undefined));
  if (job.killRequested) finishKill(frame, job, true);
  else requeue(frame, job, task, status);
}

/** How many launches have failed if this one has. */
function launchesFailed({ failedLaunches = 0 }: JobRecord): number {
  return failedLaunches + 1;
}

/** Does what the table says. */
export function handleTaskInput(
  frame: Frame,
  task: TaskRecord,
  input: TaskInput,
  status?: TaskStatus,
): void {
  perform(frame, task, TASK_TRANSITIONS[task.phase][input], status);
  if (!frame.state.tasks.has(task.taskId)) freeResources(frame, task, status);
}

/** A task has ended. */
function freeResources(frame: Frame, task: TaskRecord, status: TaskStatus | undefined): void {
  requestReviveForFreed(frame, task.agentId);
  if (task.executorId === undefined || !frame.state.connected) return;
  const isDrained = status?.reason === "REASON_AGENT_DRAINING";
  const [agent_id, executor_ids] = [{ value: task.agentId }, [{ value: task.executorId }]];
  shutDownUnused(frame, { agent_id, executor_ids, isDrained });
}

function perform(
  frame: Frame,
  task: TaskRecord,
  action: TaskAction,
  status: TaskStatus | undefined,
): void {
  switch (action) {
    case "keep":
      return;
    case "launching":
      return enter(frame, task, "LAUNCHING");
    case "starting":
      return enter(frame, task, "STARTING");
    case "running":
      return enter(frame, task, "RUNNING");
    case "unreachable":
      // A kill that is answered like this will get no better answer.
      finishKills(frame, task, (job) => finishUnheardKill(frame, job));
      return enter(frame, task, "UNREACHABLE");
    case "settle":
      finishKills(frame, task, (job) => finishKill(frame, job, true));
      task.told = {
        state: status?.state ?? "",
        message: (status?.message ?? "").slice(0, MAX_MESSAGE_CHARACTERS),
      };
      return enter(frame, task, "SETTLING");
    case "ask":
      if (status) frame.state.dropped.set(task.taskId, status);
      return frame.state.reconciliation.add(task.taskId);
    case "requeue or lose":
      if (task.seen) return endAll(frame, task, lost(describe(status)));
      return requeueAll(frame, task, status);
    case "requeue":
      return requeueAll(frame, task, status);
    case "end":
      return endAll(frame, task, endOf(frame, task, status));
    case "end as told":
      return endAll(frame, task, endAsTold(task, status));
    case "lose":
      return endAll(
        frame,
        task,
        lost(status ? describe(status) : "Mesos has removed the framework"),
      );
    case "kill and lose":
      callKill(frame, task);
      return endAll(frame, task, lost(whySilent(task)));
    default:
      return action satisfies never;
  }
}

function endOf({ state }: Frame, task: TaskRecord, status: TaskStatus | undefined): JobEnd {
  if (!status) throw new TypeError(`Cannot end task ${task.taskId}: no status says how`);
  if (isEndUnknown(task, status)) return endUnreported(status);
  return toJobEnd(status, state.agents.get(task.agentId)?.executorExit);
}

function endAsTold(
  { taskId, seen, told: before }: TaskRecord,
  { state, message = "" }: Partial<TaskStatus> = {},
): JobEnd {
  const told = before ?? (state && { state, message });
  return toJobEndAsTold(told, { isUnknown: isBundle(taskId) && seen });
}

function whySilent({ phase }: TaskRecord): string {
  return phase === "LAUNCHING"
    ? "no executor has reported anything about the task for too long"
    : "the node, or its executor, could not be reached for too long";
}

function lost(message: string): JobEnd {
  return { exitReason: "LOST", message };
}

/** Ends all jobs of a task; backwards, so that those that are run again keep their order. */
function endAll(frame: Frame, task: TaskRecord, end: JobEnd): void {
  for (const job of frame.state.jobsOf(task).toReversed()) endJob(frame, job, end);
}

/** Puts all jobs of a task back to the front, in their order; those to be killed are dead. */
function requeueAll(frame: Frame, task: TaskRecord, status: TaskStatus | undefined): void {
  finishKills(frame, task, (job) => finishKill(frame, job, true));
  for (const job of frame.state.jobsOf(task).toReversed()) requeue(frame, job, task, status);
}

function finishKills(frame: Frame, task: TaskRecord, finish: (job: JobRecord) => void): void {
  for (const job of frame.state.jobsOf(task)) if (job.killRequested) finish(job);
}

function requeue(
  frame: Frame,
  job: JobRecord,
  task: TaskRecord,
  status: TaskStatus | undefined,
): void {
  const { agentId } = task;
  const refusal = status?.uuid && noteUserRefusal(frame, { agentId, message: status.message });
  if (refusal && isUserRefusedEverywhere(frame)) {
    const message = `Cannot launch the job: no node can run executors as --user: ${refusal}`;
    return endJob(frame, job, { exitReason: "ERROR", message });
  }
  const isVain = status?.uuid !== undefined &&
    (ENDED_WITH_EXECUTOR.includes(status.state ?? "TASK_DROPPED") || refusal !== undefined);
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

/** Enters a phase, with its deadline where it has one, and emits an event if it is new. */
function enter(frame: Frame, task: TaskRecord, phase: TaskPhase): void {
  const { state } = frame;
  if (phase === task.phase || !state.tasks.has(task.taskId)) return;
  watchExecutor(frame, task, phase);
  const wasUnreachable = task.phase === "UNREACHABLE";
  task.phase = phase;
  startTimers(frame, task);
  state.taskChanged(task);
  if (phase === "RUNNING") noteRunning(frame, task);
  if (phase === "UNREACHABLE") tellOf(frame, "JOB_UNREACHABLE", state.jobsOf(task), task);
  if (wasUnreachable) repeatKill(frame, task);
}

/** Starts what limits the phase of a task, and ends what limited the one before. */
export function startTimers({ state, settings, nowMs }: Frame, task: TaskRecord): void {
  const { taskId, phase } = task;
  if (phase === "LAUNCHING") watchLaunch(state, taskId, nowMs);
  else state.silentLaunches.delete(taskId);
  if (phase === "UNREACHABLE") state.deadlines.set(taskId, nowMs + settings.unreachableTimeoutMs);
  else if (phase === "SETTLING") state.deadlines.set(taskId, nowMs + settlingMs(settings, task));
  else state.deadlines.delete(taskId);
}

/** The first of the jobs of a task runs. */
export function noteRunning(frame: Frame, task: TaskRecord): void {
  const { state, nowMs } = frame;
  task.startedAtMs ??= nowMs;
  state.taskChanged(task);
  tellOf(frame, "JOB_RUNNING", [state.firstJob(task)], task);
}

function tellOf(
  { events }: Frame,
  type: "JOB_RUNNING" | "JOB_UNREACHABLE",
  jobs: readonly JobRecord[],
  { taskId, node }: TaskRecord,
): void {
  for (const job of jobs) {
    events.push({ type, jobID: job.jobID, taskId: attemptIdIn(taskId, job), node });
  }
}

/** How long a report is waited for. Without that of a bundle, all of its jobs are LOST: it may well
 * come once its agent is back. */
function settlingMs(
  { unreachableTimeoutMs }: Pick<SchedulerSettings, "unreachableTimeoutMs">,
  { taskId }: TaskRecord,
): number {
  return SETTLING_TIMEOUT_MS + (isBundle(taskId) ? unreachableTimeoutMs : 0);
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
  for (const task of [...state.tasksByAgent.get(agentId) ?? []]) {
    if (task.executorId === executorId) handleTaskInput(frame, task, "executor silent");
  }
  const ids = { executor_id: { value: executorId }, agent_id: { value: agentId } };
  calls.push({ type: "SHUTDOWN", shutdown: ids });
}

/** Gives up tasks whose time has run out. */
export function expireDeadlines(frame: Frame): void {
  const { state, nowMs } = frame;
  for (const [taskId, dueMs] of state.deadlines) {
    if (nowMs < dueMs) continue;
    state.deadlines.delete(taskId);
    const task = state.tasks.get(taskId);
    if (task) handleTaskInput(frame, task, "timeout");
  }
}
