/**
 * How many short jobs share a task. A task has its price, in the master and in everything else; a
 * bundle pays it once for jobs that together run for about as long as `--bundle` says. Pure.
 *
 * @module
 */

import type { ShapeQueue } from "./job_queue.ts";
import {
  add,
  NOTHING,
  type Quantities,
  QUANTITY_NAMES,
  type Shape,
  shapeKey,
} from "./quantities.ts";

/** The most jobs of a task. */
export const MAX_BUNDLE_JOBS = 64;

/** Jobs of a shape that have ended before others of it share a task. */
export const MIN_WALL_TIMES = 4;

/** How many wall times the average is of, about. */
const AVERAGED_WALL_TIMES = 16;

/** Shapes whose wall times are remembered: of the others nothing is known again. */
export const MAX_TIMED_SHAPES = 10_000;

/** The moving average of how long the jobs of each shape run. */
export class WallTimes {
  readonly #byShape = new Map<string, { count: number; averageMs: number }>();

  /** Records how long a job ran. */
  note(shape: Shape, ms: number): void {
    const key = shapeKey(shape);
    const { count, averageMs } = this.#byShape.get(key) ?? { count: 0, averageMs: 0 };
    const weight = 1 / Math.min(count + 1, AVERAGED_WALL_TIMES);
    // At the end, so that the first one is the one that was not heard of for longest.
    this.#byShape.delete(key);
    this.#byShape.set(key, { count: count + 1, averageMs: averageMs + (ms - averageMs) * weight });
    if (this.#byShape.size <= MAX_TIMED_SHAPES) return;
    for (const oldest of this.#byShape.keys()) return void this.#byShape.delete(oldest);
  }

  /** Undefined as long as too little is known. */
  averageMs(shape: Shape): number | undefined {
    const known = this.#byShape.get(shapeKey(shape));
    return known && known.count >= MIN_WALL_TIMES ? known.averageMs : undefined;
  }
}

/** What the size of a bundle depends on. */
export interface BundleCircumstances {
  /** For how long the jobs of a task are to run together; 0 for one job a task. */
  readonly bundleMs: number;
  /** How long jobs of the shape run; undefined when that is not known. */
  readonly averageMs: number | undefined;
  /** How many of them wait. */
  readonly waiting: number;
  /** How many of them could run at a time. */
  readonly slots: number;
}

/** How many jobs a task gets: the last ones of a queue are spread over all slots. */
export function bundleSize(
  { bundleMs, averageMs, waiting, slots }: BundleCircumstances,
): number {
  if (bundleMs <= 0 || averageMs === undefined) return 1;
  const inTime = Math.floor(bundleMs / Math.max(averageMs, 1));
  const share = Math.floor(waiting / Math.max(slots, 1));
  return Math.max(1, Math.min(MAX_BUNDLE_JOBS, inTime, share));
}

/** What the sizes of a round of offers depend on. */
export interface RoundCircumstances {
  /** As in {@linkcode BundleCircumstances}. */
  readonly bundleMs: number;
  /** What is known of how long jobs run. */
  readonly wallTimes: WallTimes;
  /** The rooms of all offers. */
  readonly rooms: Iterable<Quantities>;
  /** How many tasks of a shape there are. */
  readonly tasksOf: (shape: Shape) => number;
}

/** How many jobs of a shape each task of a round of offers gets, decided once for each shape. */
export function bundleSizesOf(
  { bundleMs, wallTimes, rooms, tasksOf }: RoundCircumstances,
): (queue: ShapeQueue) => number {
  if (bundleMs <= 0) return () => 1;
  let total: Quantities | undefined;
  const sizes = new Map<ShapeQueue, number>();
  return (queue) => {
    const known = sizes.get(queue);
    if (known !== undefined) return known;
    total ??= Iterator.from(rooms).reduce(add, NOTHING);
    const { shape, size: waiting } = queue;
    // A GPU is not left idle between two jobs.
    const averageMs = shape.gpus > 0 ? undefined : wallTimes.averageMs(shape);
    const slots = slotsOf(total, shape) + tasksOf(shape);
    const size = bundleSize({ bundleMs, averageMs, waiting, slots });
    sizes.set(queue, size);
    return size;
  };
}

/** About how many tasks of a shape fit into a room. */
function slotsOf(room: Quantities, shape: Shape): number {
  const needed = QUANTITY_NAMES.filter((name) => shape[name] > 0);
  return Math.min(...needed.map((name) => Math.round(room[name] / shape[name])));
}
