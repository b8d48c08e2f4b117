/**
 * What is fuzzed: a piece of the program, with inputs to start from and what must hold for any.
 *
 * @module
 */

import type { Chance } from "../sim/chance.ts";

/** A piece of the program that takes bytes from outside. */
export interface Target {
  /** What `--target` and its folder of the corpus are called. */
  readonly name: string;
  /** Sound inputs, besides those of the corpus, which mutations start from. */
  readonly seeds: () => readonly Uint8Array[];
  /** Makes another input of one; `others` are all there are. */
  readonly mutate: (input: Uint8Array, chance: Chance, others: readonly Uint8Array[]) => Uint8Array;
  /**
   * Gives an input to the program.
   *
   * @returns What became of it, in a word: a run in which all inputs end alike tests little.
   * @throws whatever, when something does not hold.
   */
  readonly check: (input: Uint8Array, chance: Chance) => string | Promise<string>;
  /** How many inputs each run of the tests tries, in about half a second. */
  readonly iterations: number;
}

/** Runs a function that may refuse its input, with errors of one class only. */
export function attempt<T>(
  refusal: new (...args: never[]) => Error,
  run: () => T,
): { value: T } | { refused: Error } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof refusal) return { refused: error };
    throw error;
  }
}

/** The bytes of a text, or of a value as JSON. */
export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
}
