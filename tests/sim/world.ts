/**
 * Simulated time, and what is to happen in it.
 *
 * @module
 */

import { Chance } from "./chance.ts";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

/** A clock that jumps from event to event, in an order that the seed decides. */
export class World {
  readonly chance: Chance;
  nowMs = 1_000_000;
  /** A binary heap by time, then by the order in which events were planned. */
  readonly #heap: Event[] = [];
  #order = 0;
  #log: ((line: string) => void) | undefined;

  constructor(seed: number, log?: (line: string) => void) {
    this.chance = new Chance(seed);
    this.#log = log;
  }

  /** Writes a line of the story, for whoever replays it. */
  say(line: () => string): void {
    this.#log?.(`${((this.nowMs - 1_000_000) / 1000).toFixed(3).padStart(10)} ${line()}`);
  }

  /** Has something happen later. */
  after(ms: number, happen: () => void): void {
    const event = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, happen };
    let index = this.#heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, this.#heap[parent] as Event)) break;
      this.#heap[index] = this.#heap[parent] as Event;
      index = parent;
    }
    this.#heap[index] = event;
  }

  /** Lets time pass until then, or until nothing is left to happen. */
  runUntil(ms: number): void {
    for (let event = this.#heap[0]; event && event.atMs <= ms; event = this.#heap[0]) {
      this.#removeFirst();
      this.nowMs = event.atMs;
      event.happen();
    }
    this.nowMs = Math.max(this.nowMs, ms);
  }

  #removeFirst(): void {
    const last = this.#heap.pop() as Event;
    if (this.#heap.length === 0) return;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= this.#heap.length) break;
      const right = child + 1;
      if (
        right < this.#heap.length && before(this.#heap[right] as Event, this.#heap[child] as Event)
      ) child = right;
      if (!before(this.#heap[child] as Event, last)) break;
      this.#heap[index] = this.#heap[child] as Event;
      index = child;
    }
    this.#heap[index] = last;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
