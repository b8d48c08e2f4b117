/**
 * The memory that something leaves behind.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** The bytes of the heap that are in use. */
async function heapUsed(): Promise<number> {
  // Timers and promises that are over are let go of first.
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  collectGarbage();
  return Deno.memoryUsage().heapUsed;
}

/** What is cut now and then, such as a history, shrinks in one of so many rounds. */
const ROUNDS = 3;

/**
 * By how many bytes the heap grows each time that something is done. The first time does not count:
 * code is compiled, and what is held in bounds is filled. Of the others the least growth counts.
 */
export async function heapGrowth(work: () => Promise<void>): Promise<number> {
  await work();
  let [before, least] = [await heapUsed(), Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    await work();
    const after = await heapUsed();
    least = Math.min(least, after - before);
    before = after;
  }
  return least;
}
