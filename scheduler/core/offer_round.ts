/**
 * Offers: every one is answered, by tasks or by a refusal. None is kept: what is not used goes back
 * at once, and a REVIVE brings it when it is needed. Pure.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import { encodeTaskData } from "../../job/task_data.ts";
import type { AgentId } from "../../mesos/ids.ts";
import type { ExecutorInfo, MesosResource, Offer, TaskInfo } from "../../mesos/wire/messages.ts";
import { NANOSECONDS_PER_MS } from "../../support/units.ts";
import { executorFor, executorInUse, findExecutor, shutDownUnused } from "./executors_in_use.ts";
import { LAUNCH_BACKOFF_MAX_MS, restLeftMs } from "./agent_rest.ts";
import { isIgnored, seeOffer, usableAgents } from "./nodes.ts";
import { REPEAT_REVIVE_MS } from "./offer_demand.ts";
import type { Frame } from "./frame.ts";
import { nextTaskId, requeueJob } from "./job_lifecycle.ts";
import { endTooLarge, splitBySize, taskBytesOf, taskDataOf } from "./launch_sizes.ts";
import type { AgentRecord, JobRecord } from "./records.ts";
import {
  compareOffers,
  type Match,
  type MatchableOffer,
  matchOffer,
  mayRun,
  type ReservableAgent,
  reserve,
} from "./offer_matcher.ts";
import { OfferedResources } from "./offered_resources.ts";
import { cpusToBorrow, lessCpus } from "./executor_share.ts";
import { NOTHING, type Quantities, remainder } from "./quantities.ts";
import { AVOID_NODE_MS, isAvoiding } from "./retries.ts";
import { bundleSizesOf } from "./bundle_sizes.ts";
import type { ShapeQueue } from "./job_queue.ts";
import { keepSigns, silentAgents } from "./signs_of_life.ts";
import { watchLaunch } from "./silent_launches.ts";
import { attemptIdIn } from "./task_ids.ts";

/** For how long what nothing fits into stays away. A REVIVE brings it back at once, and anything
 * that is freed beside it makes it a new offer. */
const REFUSE_SECONDS = 120;

/** For how long an offer stays away that jobs keep away from; see retries.ts. */
const REFUSE_AVOIDED_SECONDS = AVOID_NODE_MS / 1000;

/** How long offers are refused while no job waits. */
const REFUSE_IDLE_SECONDS = 3600;

/** A shape that has waited this long gets an agent kept free for it. */
export const RESERVE_AFTER_MS = 60_000;

/** An idle agent that is not offered for this long, after three REVIVEs, is not available. */
const UNOFFERED_MS = 3 * REPEAT_REVIVE_MS;

interface OpenOffer extends Omit<MatchableOffer, "lendableCpusMilli"> {
  readonly offer: Offer;
  readonly agent: AgentRecord;
  readonly role: string;
  readonly resources: OfferedResources;
  /** What is set aside for an executor that is not there yet. */
  readonly executorNeeds: Quantities;
}

/** Answers offers. */
export function handleOffers(frame: Frame, offers: readonly Offer[]): void {
  const { state, nowMs } = frame;
  if (offers.length > 0) state.demand.offered(nowMs);
  const open = offers.map((offer) => openOffer(frame, offer)).toSorted(compareOffers);
  if (state.queue.size > 0) updateReservation(frame);
  const bundleSize = bundleSizesOf({
    bundleMs: frame.settings.bundleMs,
    wallTimes: state.wallTimes,
    rooms: open.map(({ room }) => room),
    tasksOf: (shape) => state.tasksOf(shape),
  });
  const silent = silentAgents(state);
  const taskBytes = taskBytesOf(frame);
  for (const each of open) {
    const restMs = restLeftMs(frame, each.agent);
    const isUsable = !state.stopping && !state.adoption && !isIgnored(state, each.agent) &&
      restMs <= 0 && !silent.has(each.agentId);
    const { matches, isAvoided } = isUsable ? match(frame, each, bundleSize) : NO_MATCH;
    const { fitting, left, tooLarge } = splitBySize(frame, matches, taskBytes);
    endTooLarge(frame, tooLarge);
    const refuseSeconds = isAvoided ? REFUSE_AVOIDED_SECONDS : REFUSE_SECONDS;
    if (fitting.length > 0) {
      // More would have fitted the offer than fits one call.
      const isPart = left.length > 0;
      accept(frame, each, { matches: fitting, refuseSeconds: isPart ? 0 : refuseSeconds });
    }
    for (const job of left.toReversed()) requeueJob(frame, job);
    if (fitting.length > 0) continue;
    // Never for long: where no other agent works any more, this one is needed sooner.
    const restSeconds = Math.min(restMs, LAUNCH_BACKOFF_MAX_MS) / 1000;
    decline(frame, each.offer, restMs > 0 ? restSeconds : refuseSeconds);
  }
  for (const { offer: { agent_id, executor_ids = [] } } of open) {
    shutDownUnused(frame, { agent_id, executor_ids });
  }
}

function openOffer(frame: Frame, offer: Offer): OpenOffer {
  const { settings } = frame;
  const agentId = offer.agent_id.value;
  const resources = new OfferedResources(offer.resources ?? []);
  const available = resources.available();
  const role = offer.allocation_info?.role ?? "*";
  keepSigns(frame, agentId, (offer.executor_ids ?? []).map(({ value }) => value));
  const running = findExecutor(frame, offer, role);
  const agent = seeOffer(frame, offer, available);
  const executorNeeds = running ? NOTHING : settings.executorQuantities;
  return {
    offer,
    agent,
    role,
    agentId,
    preemptible: agent.preemptible,
    resources,
    executorNeeds,
    room: remainder(available, executorNeeds),
  };
}

/** What an offer is used for. */
interface OfferUse {
  readonly matches: readonly Match[];
  /** Whether a job would have fitted that should rather run elsewhere. */
  readonly isAvoided: boolean;
}

const NO_MATCH: OfferUse = { matches: [], isAvoided: false };

function match(
  frame: Frame,
  open: OpenOffer,
  bundleSize: (queue: ShapeQueue) => number,
): OfferUse {
  const { state, nowMs } = frame;
  if (state.queue.size === 0) return NO_MATCH;
  const { reservation } = state;
  // Not before: an earlier offer of this round may have used it.
  const lendableCpusMilli = lendable(frame, open);
  let isAvoided = false;
  const matches = matchOffer({ ...open, lendableCpusMilli }, state.queue, {
    nowMs,
    reservation,
    bundleSize: executorInUse(state, open)?.runsBundles ? bundleSize : undefined,
    // Whatever has ended a job before, others are not to suffer from it.
    isAlone: (jobID) => (state.jobs.get(jobID)?.retried ?? 0) > 0,
    isAvoiding: (jobID) => {
      const isAvoiding = shouldAvoid(frame, jobID, open.agentId);
      isAvoided ||= isAvoiding;
      return isAvoiding;
    },
  });
  // It walks all agents, so it is chosen once a round, and again only when its shape got a place.
  const isServed = matches.some(({ shape }) => shape === reservation?.queue.shape);
  if (isServed) updateReservation(frame);
  return { matches, isAvoided };
}

function shouldAvoid(frame: Frame, jobID: JobId, agentId: AgentId): boolean {
  const job = frame.state.jobs.get(jobID);
  return job !== undefined && isAvoiding(frame, job, agentId);
}

/** An agent that is not offered although nothing of ours is there has been drained, or is another's. */
function* reservableAgents({ state, settings, nowMs }: Frame): Generator<ReservableAgent> {
  for (const { agentId, preemptible, capacity, lastOfferMs } of usableAgents(state, settings)) {
    const tasks = state.tasksByAgent.get(agentId)?.size ?? 0;
    if (tasks === 0 && nowMs - lastOfferMs > UNOFFERED_MS) continue;
    yield { agentId, preemptible, capacity, tasks };
  }
}

/** Chooses the agent that is held back for a starving job, if there is one. */
export function updateReservation(frame: Frame): void {
  const { state, nowMs } = frame;
  const before = state.reservation;
  const after = reserve(reservableAgents(frame), state.queue, { nowMs, afterMs: RESERVE_AFTER_MS });
  state.reservation = after;
  // What was refused for the sake of the reservation is of use to others now.
  if (before && before.agentId !== after?.agentId) state.demand.requestRevive();
}

function decline({ calls, state }: Frame, offer: Offer, seconds: number): void {
  const refuse_seconds = state.queue.size > 0 ? seconds : REFUSE_IDLE_SECONDS;
  calls.push({
    type: "DECLINE",
    decline: { offer_ids: [offer.id], filters: { refuse_seconds } },
  });
}

/** @param options.refuseSeconds For how long what is left of the offer stays away. */
function accept(
  frame: Frame,
  open: OpenOffer,
  { matches, refuseSeconds }: { matches: readonly Match[]; refuseSeconds: number },
): void {
  const { offer, resources, executorNeeds } = open;
  const executor = executorFor(frame, open, resources.take(executorNeeds));
  const tasks = matches.map(({ jobIDs, shape, borrowedCpusMilli }) => {
    const jobs = jobIDs.map((jobID) => frame.state.job(jobID));
    const taken = resources.take(lessCpus(shape, borrowedCpusMilli));
    return launch(frame, jobs, open, { executor, resources: taken, borrowedCpusMilli });
  });
  frame.calls.push({
    type: "ACCEPT",
    accept: {
      offer_ids: [offer.id],
      operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
      filters: { refuse_seconds: refuseSeconds },
    },
  });
}

function lendable({ state }: Frame, open: OpenOffer): number {
  const executor = executorInUse(state, open);
  return executor ? state.lendableCpusMilli(executor) : open.executorNeeds.cpusMilli;
}

function launch(
  frame: Frame,
  jobs: readonly JobRecord[],
  { agentId, agent, executorNeeds }: OpenOffer,
  { executor, resources, borrowedCpusMilli }: {
    executor: ExecutorInfo;
    resources: MesosResource[];
    borrowedCpusMilli: number;
  },
): TaskInfo {
  const { state, settings, nowMs, events } = frame;
  const taskId = nextTaskId(frame, jobs);
  const node = agent.address;
  state.addTask({
    taskId,
    jobIDs: jobs.map(({ jobID }) => jobID),
    agentId,
    node,
    phase: "LAUNCHING",
    launchedAtMs: nowMs,
    executorId: executor.executor_id.value,
    ...(borrowedCpusMilli > 0 ? { borrowedCpusMilli } : {}),
    joinsExecutor: executorNeeds === NOTHING,
    agentUrl: agent.url,
    seen: false,
  });
  watchLaunch(state, taskId, nowMs);
  for (const [index, job] of jobs.entries()) {
    const about = { jobID: job.jobID, taskId: attemptIdIn(taskId, job), node };
    events.push({ type: "JOB_LAUNCHED", ...about, ...(index > 0 ? { isQueued: true } : {}) });
  }
  return {
    name: jobs[0]?.spec.name ?? "",
    task_id: { value: taskId },
    agent_id: { value: agentId },
    resources,
    executor,
    kill_policy: { grace_period: { nanoseconds: settings.killGraceMs * NANOSECONDS_PER_MS } },
    data: encodeTaskData(taskDataOf(frame, jobs, taskId)),
  };
}

/**
 * Resources of an agent were freed: offers are wanted at once if a waiting job could use them.
 * Without this a slot would stay empty until the next allocation.
 */
export function requestReviveForFreed(
  { state, settings: { executorQuantities } }: Frame,
  agentId: AgentId,
): void {
  if (state.queue.size === 0) return;
  const agent = state.agents.get(agentId);
  // After a restart the agents are not known yet.
  if (!agent) return state.demand.requestRevive();
  const free = remainder(agent.capacity, state.usedOn(agentId));
  const executors = [...state.executors.get(agentId)?.values() ?? []];
  const lendable = executors.length === 0
    ? executorQuantities.cpusMilli
    : Math.max(...executors.map((executor) => state.lendableCpusMilli(executor)));
  const usable = state.queue.shapes().some(({ shape }) =>
    mayRun(shape, agent) && cpusToBorrow(shape, free, lendable) !== undefined
  );
  if (usable) state.demand.requestRevive();
}
