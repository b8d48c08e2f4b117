/**
 * What the scheduler knows, in the form in which it goes over the wire. Pure.
 *
 * @module
 */

import type { z } from "zod";
import type { JobView, NodeView, Update } from "../scheduler/inspection.ts";
import type { WaitingShape } from "../scheduler/core/scheduling_status.ts";
import type { RunRecorder } from "./report/run_recorder.ts";
import type * as schemas from "./schemas.ts";

/** Texts of jobs may be long: a page of them is complete with this many characters of JSON. */
export const MAX_PAGE_CHARACTERS: number = 8 * 2 ** 20;

/** As many answers as fit on a page, one at least, and whether there are more. */
export function pageOf<Answer>(
  answers: Iterable<Answer>,
  limit: number,
): { page: Answer[]; isCut: boolean } {
  const page: Answer[] = [];
  let characters = 0;
  for (const answer of answers) {
    characters += JSON.stringify(answer).length;
    const isFull = page.length === limit || (characters > MAX_PAGE_CHARACTERS && page.length > 0);
    if (isFull) return { page, isCut: true };
    page.push(answer);
  }
  return { page, isCut: false };
}

/** A job. */
export type JobAnswer = z.input<typeof schemas.job>;

/** A job for lists. */
export function toJobAnswer({ jobID, spec, state, issuedAtMs, attempt, tasks, result }: JobView) {
  const { command, name, shape, local } = spec;
  const last = tasks.at(-1);
  const answer: JobAnswer = {
    jobID,
    name,
    command,
    state,
    cores: shape.cpusMilli / 1000,
    memory: shape.memoryBytes,
    disk: shape.diskBytes,
    gpus: shape.gpus,
    preemptible: shape.preemptible,
    ...(spec.timeLimitMs === undefined ? {} : { timeLimitMs: spec.timeLimitMs }),
    local,
    attempts: attempt,
    issuedAtMs,
    launchedAtMs: last?.launchedAtMs,
    startedAtMs: last?.startedAtMs,
    endedAtMs: last?.endedAtMs,
    node: last?.node,
    taskId: last?.taskId,
    exitStatus: result?.exitStatus,
    exitReason: result?.exitReason,
    wallTime: result?.wallTimeSeconds,
    message: result?.message,
  };
  return answer;
}

/** A job with its attempts. */
export function toJobWithHistory(job: JobView): z.input<typeof schemas.jobWithHistory> {
  const history = job.tasks.map((task) => ({
    taskId: task.taskId,
    node: task.node,
    agentId: task.agentId,
    launchedAtMs: task.launchedAtMs,
    startedAtMs: task.startedAtMs,
    endedAtMs: task.endedAtMs,
    exitReason: task.exitReason,
    exitStatus: task.exitStatus,
  }));
  return { ...toJobAnswer(job), history };
}

/** An update. */
export function toUpdateAnswer(
  { number, result }: Update,
): z.input<typeof schemas.updateList>["updates"][number] {
  const { jobID, name, exitStatus, exitReason, wallTimeSeconds, node, message, taskId, attempts } =
    result;
  return {
    number,
    jobID,
    name,
    exitStatus,
    exitReason,
    wallTime: wallTimeSeconds,
    node,
    message,
    backingId: taskId,
    attempts,
  };
}

/** A node. */
export function toNodeAnswer(
  { capacity, ...node }: NodeView,
): z.input<typeof schemas.nodeList>["nodes"][number] {
  return {
    ...node,
    hostnames: [...node.hostnames],
    agentIds: [...node.agentIds],
    availableCores: capacity.cpusMilli / 1000,
    availableMemory: capacity.memoryBytes,
    availableDisk: capacity.diskBytes,
    availableGpus: capacity.gpus,
  };
}

/** Jobs of one shape that wait. */
export function toShapeAnswer(
  { shape, count, sinceMs, reason }: WaitingShape,
): z.input<typeof schemas.status>["waiting"][number] {
  return {
    cores: shape.cpusMilli / 1000,
    memory: shape.memoryBytes,
    disk: shape.diskBytes,
    gpus: shape.gpus,
    preemptible: shape.preemptible,
    jobs: count,
    sinceMs,
    reason,
  };
}

/** A run so far. */
export function toHistory(recorder: RunRecorder): z.input<typeof schemas.history> {
  const endMs = recorder.nowMs;
  const { waiting, running, finished, failed, grid } = recorder;
  const series = {
    waiting: waiting.values(endMs),
    running: running.values(endMs),
    finished: finished.values(endMs),
    failed: failed.values(endMs),
  };
  const failures = recorder.failures().map(({ result, endMs }) => {
    const { jobID, name, node, exitStatus, exitReason, wallTimeSeconds, message } = result;
    const wallTime = wallTimeSeconds;
    return { jobID, name, node, exitStatus, exitReason, wallTime, message, endedAtMs: endMs };
  });
  return { startMs: grid.startMs, binMs: grid.binMs, endMs, ...series, failures };
}
