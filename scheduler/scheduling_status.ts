/**
 * Why jobs wait: which resource holds which shape back, and the best that was offered. Pure.
 *
 * @module
 */

import { formatSize } from "../support/units.ts";
import type { AgentRecord } from "./model.ts";
import { fits, type Quantities, QUANTITY_NAMES, type Shape } from "./quantities.ts";
import type { SchedulerState } from "./state.ts";

/** Shapes named at most: the most expensive ones say it all. */
const MAX_SHAPES = 3;

type QuantityName = typeof QUANTITY_NAMES[number];

function describeQuantity(name: QuantityName, amount: number): string {
  switch (name) {
    case "cpusMilli":
      return `${amount / 1000} ${amount === 1000 ? "core" : "cores"}`;
    case "memoryBytes":
      return `${formatSize(amount)} of memory`;
    case "diskBytes":
      return `${formatSize(amount)} of disk`;
    case "gpus":
      return `${amount} ${amount === 1 ? "GPU" : "GPUs"}`;
  }
}

/** `2 cores, 4 GiB of memory and 1 GiB of disk`. */
export function describeShape(shape: Shape): string {
  const parts = (["cpusMilli", "memoryBytes", "diskBytes", "gpus"] as const)
    .filter((name) => shape[name] > 0)
    .map((name) => describeQuantity(name, shape[name]));
  return parts.join(", ").replace(/, ([^,]*)$/, " and $1");
}

function jobs(count: number): string {
  return count === 1 ? "1 job waits" : `${count} jobs wait`;
}

function lacking(shape: Shape, have: Quantities): QuantityName[] {
  return QUANTITY_NAMES.filter((name) => shape[name] > have[name]);
}

/** Why no known node can hold the shape; undefined when one can. */
function obstacle(shape: Shape, agents: readonly AgentRecord[]): string | undefined {
  if (agents.length === 0) return "no node has been offered yet";
  const allowed = agents.filter((agent) => shape.preemptible || !agent.preemptible);
  if (allowed.length === 0) return "all known nodes are preemptible and the job is not";
  if (allowed.some(({ capacity }) => fits(shape, capacity))) return undefined;
  for (const name of QUANTITY_NAMES) {
    const best = Math.max(...allowed.map(({ capacity }) => capacity[name]));
    if (best < shape[name]) return `the most any node has is ${describeQuantity(name, best)}`;
  }
  const nearest = allowed.toSorted((a, b) =>
    lacking(shape, a.capacity).length - lacking(shape, b.capacity).length
  )[0] as AgentRecord;
  const missing = lacking(shape, nearest.capacity)
    .map((name) => describeQuantity(name, nearest.capacity[name]));
  return `no single node has all of it; the nearest, ${nearest.address}, has ${
    missing.join(" and ")
  }`;
}

/**
 * What holds waiting jobs back, for people; undefined when none waits.
 *
 * @param blockedOnly Leave out shapes that only wait for their turn.
 */
export function schedulingStatus(
  state: SchedulerState,
  { blockedOnly }: { blockedOnly: boolean },
): string | undefined {
  const agents = [...state.agents.values()];
  const lines: string[] = [];
  for (const waiting of state.queue.shapes()) {
    const reason = obstacle(waiting.shape, agents);
    if (blockedOnly && !reason) continue;
    const turn = "for running jobs to end: all nodes that could hold it are busy";
    const { shape, size } = waiting;
    lines.push(`${jobs(size)} for ${describeShape(shape)} each: ${reason ?? `waiting ${turn}`}`);
    if (lines.length === MAX_SHAPES) break;
  }
  const more = state.queue.shapes().length - lines.length;
  if (lines.length === 0) return undefined;
  return lines.join("; ") + (more > 0 && !blockedOnly ? `; and ${more} more kinds of jobs` : "");
}
