/**
 * Which waiting jobs an offer is used for. Deterministic: no clock, no randomness; it takes what it
 * places from the queue. However many jobs wait, one offer costs O(shapes) at the most, and O(log
 * shapes) once its cpus are used.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { AgentId } from "../../mesos/ids.ts";
import { cpusToBorrow, lessCpus } from "./executor_share.ts";
import { type JobQueue, positionOf, type ShapeQueue } from "./job_queue.ts";
import { fits, type Quantities, remainder, type Shape } from "./quantities.ts";

/** What the matcher needs to know of an offer. */
export interface MatchableOffer {
  /** Whose resources they are. */
  readonly agentId: AgentId;
  /** Whether the node can be taken away. */
  readonly preemptible: boolean;
  /** What is offered, less what an executor that still has to be started needs. */
  readonly room: Quantities;
  /** Thousandths of a cpu that the executor can lend; see executor_share.ts. */
  readonly lendableCpusMilli: number;
}

/** An agent that is kept free for a shape that small jobs would otherwise starve. */
export interface Reservation {
  /** The agent. */
  readonly agentId: AgentId;
  /** The only shape that may be placed on it. */
  readonly queue: ShapeQueue;
}

/** A task to be: its jobs and what it needs. */
export interface Match {
  /** The jobs, ascending. */
  readonly jobIDs: readonly JobId[];
  /** What each of them needs, and the task. */
  readonly shape: Shape;
  /** Thousandths of a cpu that the task borrows from its executor. */
  readonly borrowedCpusMilli: number;
}

/** Whether jobs of this shape may run on such a node, if they fit. */
export function mayRun(shape: Shape, node: { preemptible: boolean }): boolean {
  return shape.preemptible || !node.preemptible;
}

/** The order in which offers are matched: preemptible jobs get preemptible nodes first, and jobs
 * without GPUs get nodes without GPUs first. */
export function compareOffers(
  a: Pick<MatchableOffer, "preemptible" | "room">,
  b: Pick<MatchableOffer, "preemptible" | "room">,
): number {
  if (a.preemptible !== b.preemptible) return a.preemptible ? -1 : 1;
  return Number(a.room.gpus > 0) - Number(b.room.gpus > 0);
}

/** The shapes that may use an offer, in lists that get their chance one after the other; each is in
 * the order of matching. */
function candidates(
  offer: MatchableOffer,
  queue: JobQueue,
  reservation: Reservation | undefined,
): readonly (readonly ShapeQueue[])[] {
  if (reservation?.agentId === offer.agentId) return [[reservation.queue]];
  const shapes = queue.shapes();
  if (offer.room.gpus === 0) return [shapes];
  // What has GPUs is for jobs that use them first, whatever else waits.
  return [
    shapes.filter(({ shape }) => shape.gpus > 0),
    shapes.filter(({ shape }) => shape.gpus === 0),
  ];
}

/** Where the next shape is that needs no more than so many cpus, but is otherwise as scarce as one
 * of the list that needs more. */
function nextWithCpus(shape: Shape, cpusMilli: number, ordered: readonly ShapeQueue[]): number {
  const most = { ...shape, cpusMilli, memoryBytes: Infinity, diskBytes: Infinity };
  return positionOf(most, ordered);
}

/**
 * Takes the jobs that the offer is used for from the queue.
 *
 * @param options.isAvoiding Whether a job should rather run elsewhere.
 * @param options.bundleSize How many jobs of a shape a task gets at the most.
 * @param options.isAlone Whether a job gets a task of its own.
 */
export function matchOffer(
  offer: MatchableOffer,
  queue: JobQueue,
  { nowMs, reservation, isAvoiding, bundleSize = () => 1, isAlone = () => false }: {
    nowMs: number;
    reservation?: Reservation | undefined;
    isAvoiding?: (jobID: JobId) => boolean;
    bundleSize?: ((waiting: ShapeQueue) => number) | undefined;
    isAlone?: (jobID: JobId) => boolean;
  },
): Match[] {
  const matches: Match[] = [];
  let { room, lendableCpusMilli } = offer;
  const place = (waiting: ShapeQueue): boolean => {
    const { shape } = waiting;
    const borrowedCpusMilli = cpusToBorrow(shape, room, lendableCpusMilli);
    if (borrowedCpusMilli === undefined) return false;
    const jobIDs = takeJobs(waiting);
    if (jobIDs.length === 0) return false;
    room = remainder(room, lessCpus(shape, borrowedCpusMilli));
    lendableCpusMilli -= borrowedCpusMilli;
    matches.push({ jobIDs, shape, borrowedCpusMilli });
    return true;
  };
  const takeJobs = (waiting: ShapeQueue): number[] => {
    const size = bundleSize(waiting);
    const jobID = queue.shift(waiting, nowMs, isAvoiding);
    if (jobID === undefined) return [];
    const jobIDs = [jobID];
    while (jobIDs.length < size && !isAlone(jobID)) {
      const next = queue.shift(waiting, nowMs, (id) => isAlone(id) || isAvoiding?.(id) === true);
      if (next === undefined) break;
      jobIDs.push(next);
    }
    return jobIDs.sort((a, b) => a - b);
  };
  for (const ordered of candidates(offer, queue, reservation)) {
    for (let index = 0; index < ordered.length;) {
      const waiting = ordered[index];
      if (!waiting) break;
      const { shape } = waiting;
      while (mayRun(shape, offer) && place(waiting));
      const cpusMilli = room.cpusMilli + lendableCpusMilli;
      index = shape.cpusMilli > cpusMilli ? nextWithCpus(shape, cpusMilli, ordered) : index + 1;
    }
  }
  return matches;
}

/** An agent as far as a reservation is concerned. */
export interface ReservableAgent {
  /** The agent. */
  readonly agentId: AgentId;
  /** Whether the node can be taken away. */
  readonly preemptible: boolean;
  /** The most that one job can have of it when none runs there. */
  readonly capacity: Quantities;
  /** How many of our tasks run there. */
  readonly tasks: number;
}

/**
 * Chooses an agent to keep free for the shape that has waited longest, if any has waited for longer
 * than `afterMs` and some agent could hold it. The agent with the fewest tasks is free soonest.
 */
export function reserve(
  agents: Iterable<ReservableAgent>,
  queue: JobQueue,
  { nowMs, afterMs }: { nowMs: number; afterMs: number },
): Reservation | undefined {
  const starving = queue.shapes()
    .filter(({ headSinceMs }) => nowMs - headSinceMs >= afterMs)
    .toSorted((a, b) => a.headSinceMs - b.headSinceMs);
  if (starving.length === 0) return undefined;
  const all = [...agents].toSorted((a, b) => a.tasks - b.tasks);
  for (const waiting of starving) {
    const agent = all.find((each) =>
      mayRun(waiting.shape, each) && fits(waiting.shape, each.capacity)
    );
    if (agent) return { agentId: agent.agentId, queue: waiting };
  }
  return undefined;
}
