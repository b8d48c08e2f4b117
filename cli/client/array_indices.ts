/**
 * The indices of an array of jobs: `1-100`, `1,5,9`, `0-20:5`. Pure.
 *
 * @module
 */

import { UsageError } from "../../support/usage_error.ts";

/** Jobs of one array. */
const MAX_ARRAY = 100_000;

/**
 * Reads indices, as Slurm writes them.
 *
 * @throws {UsageError} when they are none, or too many.
 */
export function parseArrayIndices(text: string): number[] {
  const wrong = (reason: string) => new UsageError(`--array: ${reason}, got "${text}"`);
  const indices = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last, step] = /^(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?$/.exec(part) ?? [];
    if (first === undefined) throw wrong("expected indices such as 1-100, 1,5 or 0-20:5");
    const [from, to, by] = [Number(first), Number(last ?? first), Number(step ?? 1)];
    if (to < from || by === 0) throw wrong("expected an index after the first");
    for (let index = from; index <= to; index += by) {
      if (indices.size >= MAX_ARRAY) throw wrong(`at most ${MAX_ARRAY} jobs are possible`);
      indices.add(index);
    }
  }
  return [...indices];
}
