/**
 * Time as something that is given: what waits takes a clock, so that a simulation can give it its
 * own.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { MAX_TIMER_MS } from "./timer.ts";

/** Tells the time, and calls back in it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, never stepping back. */
  now(): number;
  /** Calls back once, after `ms` at the earliest; the returned function prevents that. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back once, after the I/O that is ready. */
  soon(callback: () => void): void;
  /** A number in [0, 1). */
  random(): number;
}

/** The time of this machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
  soon: (callback) => void setImmediate(callback),
  random: Math.random,
};
