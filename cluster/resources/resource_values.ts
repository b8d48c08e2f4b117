/**
 * Arithmetic on the values of resources, as Mesos does it: scalars in thousandths, ranges as sets
 * of integers. Pure.
 *
 * @see src/common/values.cpp in Mesos
 * @module
 */

import type { MesosResource, ValueRange } from "../../mesos/wire/messages.ts";

const FIXED_PER_UNIT = 1000;

/** A scalar in thousandths, the precision of Mesos. */
export function toFixedPoint(value: number): number {
  return Math.round(value * FIXED_PER_UNIT);
}

export function fromFixedPoint(fixed: number): number {
  return fixed / FIXED_PER_UNIT;
}

/** The same integers as ascending ranges that neither touch nor overlap. */
export function coalesceRanges(ranges: readonly ValueRange[]): ValueRange[] {
  const sorted = ranges.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  const result: ValueRange[] = [];
  for (const { begin, end } of sorted) {
    const last = result.at(-1);
    if (last && begin <= last.end + 1) last.end = Math.max(last.end, end);
    else result.push({ begin, end });
  }
  return result;
}

function subtractRanges(
  left: readonly ValueRange[],
  right: readonly ValueRange[],
): ValueRange[] {
  let result = coalesceRanges(left);
  for (const { begin, end } of right) {
    result = result.flatMap((range) => {
      if (range.end < begin || range.begin > end) return [range];
      return [
        { begin: range.begin, end: begin - 1 },
        { begin: end + 1, end: range.end },
      ].filter((rest) => rest.begin <= rest.end);
    });
  }
  return result;
}

/** The amount: a scalar in thousandths, or the number of integers or items. */
export function quantity(resource: MesosResource): number {
  switch (resource.type) {
    case "SCALAR":
      return toFixedPoint(resource.scalar?.value ?? 0);
    case "RANGES":
      return (resource.ranges?.range ?? []).reduce(
        (sum, { begin, end }) => sum + end - begin + 1,
        0,
      );
    case "SET":
      return resource.set?.item?.length ?? 0;
    case "TEXT":
      return 0;
  }
}

/** The sum of two resources of the same name and type. */
export function addValues(left: MesosResource, right: MesosResource): MesosResource {
  switch (left.type) {
    case "SCALAR":
      return { ...left, scalar: { value: fromFixedPoint(quantity(left) + quantity(right)) } };
    case "RANGES": {
      const ranges = [...left.ranges?.range ?? [], ...right.ranges?.range ?? []];
      return { ...left, ranges: { range: coalesceRanges(ranges) } };
    }
    case "SET":
      return {
        ...left,
        set: { item: [...new Set([...left.set?.item ?? [], ...right.set?.item ?? []])] },
      };
    case "TEXT":
      return left;
  }
}

/** The difference of two resources. A scalar may become negative. */
export function subtractValues(left: MesosResource, right: MesosResource): MesosResource {
  switch (left.type) {
    case "SCALAR":
      return { ...left, scalar: { value: fromFixedPoint(quantity(left) - quantity(right)) } };
    case "RANGES":
      return {
        ...left,
        ranges: { range: subtractRanges(left.ranges?.range ?? [], right.ranges?.range ?? []) },
      };
    case "SET": {
      const gone = new Set(right.set?.item);
      return { ...left, set: { item: (left.set?.item ?? []).filter((item) => !gone.has(item)) } };
    }
    case "TEXT":
      return left;
  }
}

/** Whether the first resource contains the second. */
export function containsValues(left: MesosResource, right: MesosResource): boolean {
  if (left.type === "SCALAR") return quantity(right) <= quantity(left);
  return quantity(subtractValues(right, left)) === 0;
}
