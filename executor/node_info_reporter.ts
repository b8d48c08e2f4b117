/**
 * Schedules the periodic reports of an executor.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

const log = getLogger("executor");

/** The shortest time between two reports. A scheduler treats four missing ones as silence. */
const MIN_PERIOD_MS = 20_000;
/** The longest time; random, so that executors that start together do not report together. */
const MAX_PERIOD_MS = 30_000;

/** Calls back after some milliseconds; returns a function that cancels it. */
export type SetTimer = (callback: () => void, ms: number) => () => void;

/** Options of {@linkcode NodeInfoReporter}. */
export interface NodeInfoReporterOptions {
  /** A random number, at least 0 and less than 1. @default {Math.random} */
  random?: () => number;
  /** The timer. @default {setTimeout} */
  setTimer?: SetTimer;
}

/** Reports at once and then two or three times a minute. The caller must stop it. */
export class NodeInfoReporter {
  readonly #random: () => number;
  readonly #setTimer: SetTimer;
  #cancelTimer: (() => void) | undefined;

  /**
   * Creates a reporter; call `start`.
   *
   * @param options Randomness and timer.
   */
  constructor(options: NodeInfoReporterOptions = {}) {
    this.#random = options.random ?? Math.random;
    this.#setTimer = options.setTimer ?? setCancellableTimer;
  }

  /** Reports until {@linkcode stop}, also after a failed report. */
  start(report: () => void): void {
    this.stop();
    try {
      report();
    } catch (error) {
      log.warn("Cannot report the load of the node: {error}", { error });
    }
    const ms = MIN_PERIOD_MS + this.#random() * (MAX_PERIOD_MS - MIN_PERIOD_MS);
    this.#cancelTimer = this.#setTimer(() => this.start(report), ms);
  }

  /** Stops reporting. */
  stop(): void {
    this.#cancelTimer?.();
  }
}

function setCancellableTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
