/**
 * The scheduler's logic: an input and the state give changes of the state, and what is to be done
 * once those are written down. It decides everything and does nothing: no clock, no I/O, no
 * randomness, no log.
 *
 * ```text
 *  input ──► step ──► changes (state.takeChanges) ──► commit ──► effects: calls, local jobs, events
 * ```
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { FrameworkId, TaskId } from "../../mesos/ids.ts";
import { retireExecutors } from "./executors_in_use.ts";
import { ignoreNode, loseAgent, loseExecutor, seeNodeInfo, unignoreNode } from "./nodes.ts";
import { forgetUnseenAgents } from "./forgotten_agents.ts";
import { type Effects, type Frame, newFrame } from "./frame.ts";
import type { Input } from "./inputs.ts";
import {
  deliverResults,
  endJob,
  endLocalJob,
  finishKill,
  issueJobs,
  requeueJob,
  startLocalJobs,
} from "./job_lifecycle.ts";
import { killJobs, killTasks, repeatKills } from "./kills.ts";
import { refuseForSize } from "./launch_sizes.ts";
import { handleOffers, updateReservation } from "./offer_round.ts";
import { tellOfStarvation } from "./starvation.ts";
import { checkLaunches, watchLaunchesAgain } from "./silent_launches.ts";
import { askForTasks, noteReported, noteRestored, waitForMesos } from "./restored_state.ts";
import type { SchedulerSettings } from "./settings.ts";
import { hearMessage, overdueExecutors, restartSigns } from "./signs_of_life.ts";
import type { SchedulerState } from "./scheduler_state.ts";
import { answerStrays } from "./stray_tasks.ts";
import {
  expireDeadlines,
  giveUpExecutor,
  handleTaskInput,
  handleUpdate,
  startTimers,
} from "./task_updates.ts";

/** The interval of ticks; only a REVIVE is due sooner. */
export const TICK_MS = 1_000;

/** What a step gives. */
export interface StepResult extends Effects {
  /** For ISSUE: the ids of the jobs, in order. */
  readonly issuedJobIDs: readonly JobId[];
  /** When the next TICK is due at the latest; undefined: a second from now will do. */
  readonly wakeMs: number | undefined;
}

/** Handles one input. The state is changed in place. */
export function step(
  state: SchedulerState,
  input: Input,
  { settings, nowMs }: { settings: SchedulerSettings; nowMs: number },
): StepResult {
  const frame = newFrame(state, settings, nowMs);
  let issuedJobIDs: readonly JobId[] = [];
  noteRestored(frame);
  if (input.type === "ISSUE") issuedJobIDs = issue(frame, input);
  else handle(frame, input);
  startLocalJobs(frame);
  settleDemand(frame);
  return { ...frame, issuedJobIDs, wakeMs: wakeMs(frame) };
}

function wakeMs({ state, nowMs }: Frame): number | undefined {
  const isAsked = state.reconciliation.isUrgent || (state.adoption?.askMs ?? Infinity) <= nowMs;
  return state.connected && isAsked ? nowMs : state.demand.dueMs();
}

function handle(frame: Frame, input: Exclude<Input, { type: "ISSUE" }>): void {
  switch (input.type) {
    case "STARTED":
      return takeOver(frame);
    case "STOPPING":
      frame.state.stopping = true;
      return input.killTasks ? killTasks(frame) : undefined;
    case "STOPPED":
      return leave(frame, input.tornDown);
    case "TICK":
      return tick(frame);
    case "SUBSCRIBED":
      return subscribed(frame, input.frameworkId);
    case "DISCONNECTED":
      return disconnected(frame, input.reason);
    case "FRAMEWORK_REMOVED":
      return frameworkRemoved(frame);
    case "CALL_TOO_LARGE":
      return refuseForSize(frame, input.call);
    case "OFFERS":
      return handleOffers(frame, input.offers);
    case "UPDATE":
      return handleUpdate(frame, input.status);
    case "NODE_INFO":
      hearMessage(frame, input);
      return seeNodeInfo(frame, input.agentId, input.message);
    case "AGENT_LOST":
      return loseAgent(frame, input.agentId);
    case "EXECUTOR_LOST":
      return loseExecutor(frame, input);
    case "LOCAL_ENDED":
      return endLocalJob(frame, input.jobID, input.end);
    case "KILL":
      return killJobs(frame, input.jobIDs);
    case "REPORTED":
      return noteReported(frame, input);
    case "DELIVERED":
      return deliverResults(frame, input.jobIDs);
    case "USER_SCRIPT":
      frame.state.userScript = input.pickled;
      return;
    case "IGNORE_NODE":
      return ignoreNode(frame, input.node);
    case "UNIGNORE_NODE":
      return unignoreNode(frame, input.node, input.restMs);
    default:
      return input satisfies never;
  }
}

/** Jobs of a file or of a request that has a key are issued once, however often they come. */
function issue(
  frame: Frame,
  { specs, file, request, firstJobID }: Extract<Input, { type: "ISSUE" }>,
): readonly JobId[] {
  const { state } = frame;
  const earlier = state.requests.get(request?.key ?? "");
  if (earlier) return Array.from({ length: earlier.count }, (_, i) => earlier.firstJobID + i);
  if (firstJobID !== undefined) {
    if (firstJobID < state.framework.nextJobID) return [];
    state.framework.nextJobID = firstJobID;
  }
  if (specs.some(({ shape }) => shape.gpus > 0) && !state.framework.usesGpus) {
    state.framework.usesGpus = true;
    state.frameworkChanged();
    frame.updateFramework = true;
  }
  if (request && specs.length > 0) {
    const firstJobID = state.framework.nextJobID;
    state.addRequest({ ...request, firstJobID, count: specs.length });
  }
  if (!file) return issueJobs(frame, specs);
  const known = state.jobFiles.get(file.digest);
  if ((known?.issued ?? 0) !== file.issuedBefore) return [];
  state.setJobFile({
    digest: file.digest,
    issued: file.issuedBefore + specs.length,
    ended: known?.ended ?? {},
  });
  return issueJobs(frame, specs.map((spec) => ({ ...spec, fileDigest: file.digest })));
}

/** After a restart: what was running beside the old process ended with it, timers start again, and
 * executors that were made of something else are not used any more. */
function takeOver(frame: Frame): void {
  const { state } = frame;
  state.started = true;
  moveToMesos(frame);
  waitForMesos(frame);
  for (const task of [...state.tasks.values()]) {
    if (state.isLocal(task)) {
      const end = { exitReason: "LOST", message: "the scheduler was restarted" } as const;
      for (const job of state.jobsOf(task)) endJob(frame, job, end);
    } else startTimers(frame, task);
  }
  retireExecutors(frame);
}

/** What ran on a Mesos that ended with the earlier process ended with it. */
function moveToMesos(frame: Frame): void {
  const { state: { jobs, framework }, settings } = frame;
  if (framework.onTemporaryMesos) {
    for (const job of jobs.values()) {
      if (job.taskId === undefined || job.spec.local) continue;
      endJob(frame, job, {
        exitReason: "LOST",
        message: "the embedded Mesos that it ran on ended with the scheduler",
      });
    }
  }
  const isOther = framework.onTemporaryMesos || settings.mesosIsTemporary;
  // Unless nothing is known: it may be the one that the user asked to resume.
  if (isOther && framework.onTemporaryMesos !== undefined) forgetFramework(frame);
  framework.onTemporaryMesos = settings.mesosIsTemporary;
  frame.state.frameworkChanged();
}

/** What has not ended by itself waits for the next process. */
function leave(frame: Frame, tornDown: boolean): void {
  const { state } = frame;
  state.connected = false;
  for (const job of [...state.jobs.values()].reverse()) {
    if (job.taskId === undefined || (!tornDown && !job.spec.local)) continue;
    if (job.killRequested) finishKill(frame, job, true);
    else requeueJob(frame, job);
  }
  if (tornDown) forgetFramework(frame);
}

function forgetFramework({ state }: Frame): void {
  for (const agentId of [...state.executors.keys()]) state.deleteExecutors(agentId, () => true);
  state.framework.frameworkId = undefined;
  state.frameworkChanged();
}

function liveTaskIds({ state }: Frame): TaskId[] {
  return [...state.tasks.values()].filter((task) => !state.isLocal(task))
    .map(({ taskId }) => taskId);
}

function subscribed(frame: Frame, frameworkId: FrameworkId): void {
  const { state, nowMs, events } = frame;
  const isNew = state.framework.frameworkId !== frameworkId;
  if (isNew) {
    state.framework.frameworkId = frameworkId;
    state.frameworkChanged();
  }
  state.connected = true;
  state.demand.reset();
  // A refusal by another master, or over another connection, says nothing of this one's tasks.
  state.dropped.clear();
  state.strays.clear();
  state.reconciliation.start(liveTaskIds(frame), nowMs);
  watchLaunchesAgain(frame);
  // What was said before the connection broke may not have been heard.
  for (const kill of state.kills.values()) kill.nextMs = nowMs;
  restartSigns(frame);
  events.push({ type: isNew ? "REGISTERED" : "REREGISTERED", frameworkId });
  repeatKills(frame);
  if (state.adoption) state.adoption.askMs = nowMs;
  ask(frame);
}

function disconnected({ state, events }: Frame, reason: string): void {
  state.connected = false;
  events.push({ type: "DISCONNECTED", reason });
}

function frameworkRemoved(frame: Frame): void {
  const { state, events } = frame;
  state.connected = false;
  events.push({ type: "FRAMEWORK_REMOVED" });
  for (const task of [...state.tasks.values()]) {
    if (!state.isLocal(task)) handleTaskInput(frame, task, "framework removed");
  }
  forgetFramework(frame);
  frame.subscribeAnew = true;
}

function tick(frame: Frame): void {
  const { state, nowMs } = frame;
  expireDeadlines(frame);
  updateReservation(frame);
  tellOfStarvation(frame);
  if (!state.connected) return;
  for (const executor of overdueExecutors(frame)) giveUpExecutor(frame, executor);
  repeatKills(frame);
  answerStrays(frame);
  if (state.reconciliation.isDue(nowMs)) {
    state.reconciliation.start(liveTaskIds(frame), nowMs);
    forgetUnseenAgents(frame);
  }
  checkLaunches(frame);
  ask(frame);
}

/** Asks Mesos about tasks. */
function ask(frame: Frame): void {
  const { state, nowMs, calls } = frame;
  askForTasks(frame);
  for (const taskIds of state.reconciliation.questions(nowMs)) {
    const tasks = taskIds.map((taskId) => {
      const agentId = state.tasks.get(taskId)?.agentId;
      return { task_id: { value: taskId }, ...(agentId ? { agent_id: { value: agentId } } : {}) };
    });
    calls.push({ type: "RECONCILE", reconcile: { tasks } });
  }
}

function settleDemand({ state, nowMs, calls }: Frame): void {
  if (!state.connected) return;
  const call = state.demand.settle(state.queue.size > 0, nowMs);
  if (call === "REVIVE") calls.push({ type: "REVIVE", revive: {} });
  if (call === "SUPPRESS") calls.push({ type: "SUPPRESS", suppress: {} });
}
