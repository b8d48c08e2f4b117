/**
 * Amounts of resources in integers: thousandths of a cpu, bytes, whole GPUs. Pure.
 *
 * Floating point would lose cores (0.3 - 0.1 - 0.1 < 0.1); Mesos itself counts in thousandths.
 *
 * @module
 */

import { MEBIBYTE } from "../../support/units.ts";

/** How much of each resource. */
export interface Quantities {
  /** Thousandths of a cpu. */
  readonly cpusMilli: number;
  /** Bytes of memory, a multiple of one MiB. */
  readonly memoryBytes: number;
  /** Bytes of disk, a multiple of one MiB. */
  readonly diskBytes: number;
  /** Whole GPUs. */
  readonly gpus: number;
}

/** What a job needs, and where it may run: jobs of one shape are alike to the matcher. */
export interface Shape extends Quantities {
  /** Whether it may run on a node that can be taken away. */
  readonly preemptible: boolean;
}

/** The names of the members of {@linkcode Quantities}. */
export const QUANTITY_NAMES = ["gpus", "cpusMilli", "memoryBytes", "diskBytes"] as const;

/** Nothing of anything. */
export const NOTHING: Quantities = { cpusMilli: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };

/** Bytes rounded up to whole MiB, the unit of Mesos: what is asked for is what is accounted for. */
export function wholeMebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE) * MEBIBYTE;
}

/** Whether `need` is there in `have`. */
export function fits(need: Quantities, have: Quantities): boolean {
  // Written out: an offer round asks this once per offer and shape.
  return need.cpusMilli <= have.cpusMilli && need.memoryBytes <= have.memoryBytes &&
    need.diskBytes <= have.diskBytes && need.gpus <= have.gpus;
}

/** The sum. */
export function add(a: Quantities, b: Quantities): Quantities {
  return {
    cpusMilli: a.cpusMilli + b.cpusMilli,
    memoryBytes: a.memoryBytes + b.memoryBytes,
    diskBytes: a.diskBytes + b.diskBytes,
    gpus: a.gpus + b.gpus,
  };
}

/** What `have` leaves beside `need`; nothing where that is not even there. */
export function remainder(have: Quantities, need: Quantities): Quantities {
  if (!fits(need, have)) return NOTHING;
  return {
    cpusMilli: have.cpusMilli - need.cpusMilli,
    memoryBytes: have.memoryBytes - need.memoryBytes,
    diskBytes: have.diskBytes - need.diskBytes,
    gpus: have.gpus - need.gpus,
  };
}

/** The greater of each. */
export function greatest(a: Quantities, b: Quantities): Quantities {
  return {
    cpusMilli: Math.max(a.cpusMilli, b.cpusMilli),
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    diskBytes: Math.max(a.diskBytes, b.diskBytes),
    gpus: Math.max(a.gpus, b.gpus),
  };
}

/** Equal for shapes that are alike. */
export function shapeKey(shape: Shape): string {
  const { cpusMilli, memoryBytes, diskBytes, gpus, preemptible } = shape;
  return `${gpus}/${cpusMilli}/${memoryBytes}/${diskBytes}/${preemptible ? "p" : "n"}`;
}

/**
 * Orders shapes for matching: those with fewer places to run first (not preemptible before
 * preemptible), then the more expensive ones, which small jobs would otherwise crowd out.
 */
export function compareShapes(a: Shape, b: Shape): number {
  if (a.preemptible !== b.preemptible) return a.preemptible ? 1 : -1;
  for (const name of QUANTITY_NAMES) {
    if (a[name] !== b[name]) return b[name] - a[name];
  }
  return 0;
}
