/**
 * Simulated time, and what is to happen in it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../../support/clock.ts";
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
  #isStirred = false;
  #failure: Error | undefined;
  #log: ((line: string) => void) | undefined;

  constructor(seed: number, log?: (line: string) => void) {
    this.chance = new Chance(seed);
    this.#log = log;
  }

  /** Writes a line of the story, for whoever replays it. */
  say(line: () => string): void {
    this.#log?.(`${((this.nowMs - 1_000_000) / 1000).toFixed(3).padStart(10)} ${line()}`);
  }

  /** The bytes of a random UUID. */
  uuid(): Uint8Array {
    const bytes = Uint8Array.from({ length: 16 }, () => this.chance.whole(0, 255));
    bytes[6] = 0x40;
    bytes[8] = 0x80;
    return bytes;
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

  /** A clock for a process that may die: nothing is called back after that. */
  clock(isAlive: () => boolean): Clock {
    const after = (ms: number, callback: () => void) => {
      let isDue = true;
      this.after(ms, () => {
        if (!isDue || !isAlive()) return;
        this.stir();
        callback();
      });
      return () => void (isDue = false);
    };
    return {
      now: () => this.nowMs,
      after,
      // A busy process takes its time.
      soon: (callback) =>
        after(this.chance.happens(0.2) ? this.chance.between(0, 50) : 0, callback),
      random: () => this.chance.next(),
    };
  }

  /** Something is wrong: `runUntil` rejects with it. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  /** Promises may have settled: what waits for them goes on before anything else happens. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Lets time pass until then, or until nothing is left to happen. */
  async runUntil(ms: number): Promise<void> {
    for (let event = this.#heap[0]; event && event.atMs <= ms; event = this.#heap[0]) {
      this.#removeFirst();
      this.nowMs = event.atMs;
      event.happen();
      if (this.#isStirred) {
        this.#isStirred = false;
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
      if (this.#failure) throw this.#failure;
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
