/**
 * Gives a target inputs that are made anew from a number each, so that a number is all it takes to
 * repeat one.
 *
 * @module
 */

import { Chance } from "../sim/chance.ts";
import { corpusOf } from "./corpus.ts";
import type { Target } from "./target.ts";

/** An input that takes longer than this hangs, in milliseconds; none should take ten. */
const HANG_MS = 10_000;

/** How often each input of the corpus is tried: a check may do the same in several ways. */
const REPLAYS = 5;

/** An input for which something does not hold. */
export class FuzzFailure extends Error {
  /** The input. */
  readonly input: Uint8Array;

  /** The failure of a target for an input. */
  constructor(message: string, input: Uint8Array, cause: unknown) {
    super(`${message}\n${cause instanceof Error ? cause.stack ?? cause.message : cause}`, {
      cause,
    });
    this.input = input;
  }
}

/** How many inputs ended in which way. */
export type Outcomes = Map<string, number>;

async function check(
  target: Target,
  input: Uint8Array,
  { seed, replay, outcomes }: { seed: number; replay: string; outcomes: Outcomes },
): Promise<void> {
  const startedAt = performance.now();
  const kept = input.slice();
  try {
    const outcome = await target.check(input, new Chance(seed));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const tookMs = performance.now() - startedAt;
    if (tookMs > HANG_MS) throw new Error(`took ${tookMs.toFixed(0)} ms`);
  } catch (error) {
    throw new FuzzFailure(`${target.name}: ${replay}`, kept, error);
  }
}

/**
 * Tries all inputs of the corpus and all that the target starts from.
 *
 * @throws {FuzzFailure} for the first for which something does not hold.
 */
export async function replayCorpus(target: Target, outcomes: Outcomes): Promise<void> {
  const kept = corpusOf(target.name).map(({ name, bytes }) => ({
    bytes,
    replay: `corpus/${target.name}/${name}`,
  }));
  const seeds = target.seeds().map((bytes, i) => ({ bytes, replay: `its own input ${i}` }));
  for (const { bytes, replay } of [...kept, ...seeds]) {
    for (let seed = 0; seed < REPLAYS; seed++) {
      await check(target, bytes, { seed, replay, outcomes });
    }
  }
}

/**
 * Tries mutations, one for each number, while `goOn` says so.
 *
 * @returns The number after the last one tried.
 * @throws {FuzzFailure} that says how to repeat it.
 */
export async function fuzz(
  target: Target,
  { from, goOn, outcomes }: { from: number; goOn: (seed: number) => boolean; outcomes: Outcomes },
): Promise<number> {
  const inputs = [...corpusOf(target.name).map(({ bytes }) => bytes), ...target.seeds()];
  let seed = from;
  for (; goOn(seed); seed++) {
    const chance = new Chance(seed);
    const input = target.mutate(chance.pick(inputs), chance, inputs);
    const replay = `seed ${seed}; replay: deno task fuzz --target ${target.name} --seed ${seed}`;
    await check(target, input, { seed, replay, outcomes });
  }
  return seed;
}
