/**
 * Jobs that wait for long, and that no node can take. Pure.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import { schedulingStatus } from "./scheduling_status.ts";

/** How often jobs that no node can satisfy are logged. */
const STARVING_MS = 30_000;

/** Nodes are known that could hold the jobs, none is busy with ours, and none is offered. */
const NOTHING_OFFERED =
  "No offers from Mesos: check for drained or deactivated agents, and for quotas or " +
  "reservations of other roles";

/** What may keep all nodes from this framework. */
const NO_NODES = "check that agents have registered with the master, and that no role, quota or " +
  "reservation keeps them from this framework; Mesos offers agents with GPUs only to frameworks " +
  "with a job that asks for one, unless the master runs with --no-filter_gpu_resources";

/** The same news is repeated after this long. */
const STARVING_REPEAT_MS = 10 * 60_000;

/** Reports jobs that wait for long and that no node can satisfy. */
export function tellOfStarvation(frame: Frame): void {
  const { state, settings, nowMs, events } = frame;
  const waitsLong = state.queue.shapes().some(({ headSinceMs }) =>
    nowMs - headSinceMs >= STARVING_MS
  );
  if (!waitsLong || nowMs - state.starvingToldMs < STARVING_MS) return;
  const isForgotten = state.tasksByAgent.size === 0 && state.demand.isSilent(nowMs, STARVING_MS);
  const blocked = schedulingStatus(state, settings, { blockedOnly: true, nowMs });
  const advice = state.agents.size === 0 ? `: ${NO_NODES}` : "";
  const message = blocked ? blocked + advice : isForgotten ? NOTHING_OFFERED : undefined;
  if (!message) return;
  const isOld = message === state.starvingTold &&
    nowMs - state.starvingToldMs < STARVING_REPEAT_MS;
  if (isOld) return;
  state.starvingToldMs = nowMs;
  state.starvingTold = message;
  events.push({ type: "STARVING", message, lack: lackOf(frame) });
}

/** What Mesos may have, although it offers none of it. */
function lackOf({ state }: Frame): "nodes" | "gpus" | undefined {
  if (state.agents.size === 0) return "nodes";
  if (state.agents.values().some(({ capacity }) => capacity.gpus > 0)) return undefined;
  return state.queue.shapes().some(({ shape }) => shape.gpus > 0) ? "gpus" : undefined;
}
