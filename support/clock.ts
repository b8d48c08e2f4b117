/**
 * An injectable clock: code that waits takes one, so that a simulation can provide its
 * own.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { MAX_TIMER_MS } from "./timer.ts";

/** Provides time, timers and randomness. */
export interface Clock {
  /** Milliseconds since the Unix epoch, never stepping back. */
  now(): number;
  /** Calls back once, after at least `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back once, after pending I/O. */
  soon(callback: () => void): void;
  /** A number in [0, 1). */
  random(): number;
}

/** The system clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
  soon: (callback) => void setImmediate(callback),
  random: Math.random,
};
