/**
 * Why jobs wait: which resource holds which shape back, and the best that was offered. Pure.
 *
 * @module
 */

import type { AgentId } from "../../mesos/ids.ts";
import { formatSize } from "../../support/units.ts";
import { restLeftMs } from "./agent_rest.ts";
import { type UsableAgent, usableAgents } from "./nodes.ts";
import { mayRun } from "./offer_matcher.ts";
import { fits, type Quantities, QUANTITY_NAMES, type Shape } from "./quantities.ts";
import type { SchedulerSettings } from "./settings.ts";
import type { SchedulerState } from "./scheduler_state.ts";
import { silentAgents } from "./signs_of_life.ts";

/** Shapes named at most: the most expensive ones say it all. */
const MAX_SHAPES = 3;

const BUSY = "waiting for running jobs to end: all nodes that could hold it are busy";

const RESTING = "all nodes that could hold it rest after failed launches: the log says why those " +
  "have failed";

const SILENT = "the executors on all nodes that could hold it do not answer";

const NO_GPUS = "no node offers GPUs: agents offer them where they run with " +
  "--isolation=gpu/nvidia, cgroups/devices and --resources=gpus:N";

/** The options that say what an executor needs. */
const EXECUTOR_OPTIONS: Readonly<Record<QuantityName, string>> = {
  cpusMilli: "--executor-cpus",
  memoryBytes: "--executor-memory",
  diskBytes: "--executor-disk",
  gpus: "",
};

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

function lacking(shape: Quantities, have: Quantities): QuantityName[] {
  return QUANTITY_NAMES.filter((name) => shape[name] > have[name]);
}

/** Why no executor fits on any of these nodes; undefined when one does. */
function executorObstacle(
  executor: Quantities,
  agents: readonly UsableAgent[],
): string | undefined {
  if (agents.some(({ total }) => fits(executor, total))) return undefined;
  const [nearest] = agents.toSorted((a, b) =>
    lacking(executor, a.total).length - lacking(executor, b.total).length
  );
  if (!nearest) return undefined;
  const names = lacking(executor, nearest.total);
  const list = (of: Quantities) => names.map((name) => describeQuantity(name, of[name]));
  const options = names.map((name) => EXECUTOR_OPTIONS[name]).filter((option) => option);
  return `the executor itself needs ${list(executor).join(" and ")}, and no node has that: ` +
    `the nearest, ${nearest.address}, offers ${list(nearest.total).join(" and ")}; ` +
    `free some there, or lower ${options.join(" and ")}`;
}

/** Why none of these nodes, of which there are some, can hold the shape; undefined when one can. */
function obstacle(
  shape: Shape,
  agents: readonly UsableAgent[],
  executor: Quantities,
): string | undefined {
  const allowed = agents.filter((agent) => mayRun(shape, agent));
  if (allowed.length === 0) return "all known nodes are preemptible and the job is not";
  if (allowed.some(({ capacity }) => fits(shape, capacity))) return undefined;
  const ofExecutor = executorObstacle(executor, allowed);
  if (ofExecutor) return ofExecutor;
  if (shape.gpus > 0 && allowed.every(({ capacity }) => capacity.gpus === 0)) return NO_GPUS;
  for (const name of QUANTITY_NAMES) {
    const best = Math.max(...allowed.map(({ capacity }) => capacity[name]));
    if (best < shape[name]) {
      return `the largest node offers ${describeQuantity(name, best)}`;
    }
  }
  const [nearest] = allowed.toSorted((a, b) =>
    lacking(shape, a.capacity).length - lacking(shape, b.capacity).length
  );
  if (!nearest) return undefined;
  const missing = lacking(shape, nearest.capacity)
    .map((name) => describeQuantity(name, nearest.capacity[name]));
  return `no single node has all of it; the nearest, ${nearest.address}, offers ${
    missing.join(" and ")
  }`;
}

/** What is known of the nodes. */
interface Nodes {
  readonly usable: readonly UsableAgent[];
  readonly ignored: number;
  readonly executor: Quantities;
  /** Agents that rest, by their ids. */
  readonly resting: ReadonlySet<AgentId>;
  /** Agents whose executor does not answer, by their ids. */
  readonly silent: ReadonlySet<AgentId>;
}

function nodesOf(
  state: SchedulerState,
  { executorQuantities }: Pick<SchedulerSettings, "executorQuantities">,
  nowMs: number,
): Nodes {
  const usable = usableAgents(state, { executorQuantities });
  const resting = usable.filter((agent) => restLeftMs({ state, nowMs }, agent) > 0);
  return {
    usable,
    ignored: state.agents.size - usable.length,
    executor: executorQuantities,
    resting: new Set(resting.map(({ agentId }) => agentId)),
    silent: silentAgents(state),
  };
}

/** Why none of the nodes that could hold the shape gets any job; undefined when one does. */
function outage(shape: Shape, { usable, resting, silent }: Nodes): string | undefined {
  const able = usable.filter((agent) => mayRun(shape, agent) && fits(shape, agent.capacity));
  if (able.every(({ agentId }) => silent.has(agentId))) return SILENT;
  const areAllOut = able.every(({ agentId }) => resting.has(agentId) || silent.has(agentId));
  return areAllOut ? RESTING : undefined;
}

/** What keeps jobs of a shape from running for longer than other jobs run. */
function blockOf(shape: Shape, nodes: Nodes): string | undefined {
  const { usable, ignored, executor } = nodes;
  if (usable.length === 0) {
    return ignored === 0 ? "no node has been offered yet" : "all known nodes are ignored";
  }
  const reason = obstacle(shape, usable, executor) ?? outage(shape, nodes);
  return reason && leavingOut(reason, nodes);
}

function leavingOut(reason: string, { ignored }: Nodes): string {
  return ignored === 0 ? reason : `${reason}, leaving out what is ignored`;
}

/** What keeps jobs of a shape from running. */
function reasonFor(shape: Shape, nodes: Nodes): string {
  return blockOf(shape, nodes) ?? leavingOut(BUSY, nodes);
}

/** Jobs of one shape that wait. */
export interface WaitingShape {
  /** What each of them needs. */
  readonly shape: Shape;
  /** How many. */
  readonly count: number;
  /** Since when the first of them has been the next. */
  readonly sinceMs: number;
  /** What keeps them from running, for people. */
  readonly reason: string;
}

/** The shapes that wait, the most expensive first. */
export function waitingShapes(
  state: SchedulerState,
  settings: Pick<SchedulerSettings, "executorQuantities">,
  { limit, nowMs }: { limit: number; nowMs: number },
): WaitingShape[] {
  const nodes = nodesOf(state, settings, nowMs);
  return state.queue.shapes().slice(0, limit).map(({ shape, size, headSinceMs }) => ({
    shape,
    count: size,
    sinceMs: headSinceMs,
    reason: reasonFor(shape, nodes),
  }));
}

/**
 * What holds waiting jobs back, for people; undefined when none waits.
 *
 * @param blockedOnly Leave out shapes that only wait for their turn.
 */
export function schedulingStatus(
  state: SchedulerState,
  settings: Pick<SchedulerSettings, "executorQuantities">,
  { blockedOnly, nowMs }: { blockedOnly: boolean; nowMs: number },
): string | undefined {
  const nodes = nodesOf(state, settings, nowMs);
  const waiting = state.queue.shapes().filter(({ shape }) =>
    !blockedOnly || blockOf(shape, nodes) !== undefined
  );
  if (waiting.length === 0) return undefined;
  const lines = waiting.slice(0, MAX_SHAPES).map(({ shape, size }) =>
    `${jobs(size)} for ${describeShape(shape)} each: ${reasonFor(shape, nodes)}`
  );
  const more = waiting.length - lines.length;
  return lines.join("; ") + (more > 0 ? `; and ${more} more kinds of jobs` : "");
}
