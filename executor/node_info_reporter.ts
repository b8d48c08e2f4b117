/**
 * When an executor gives a sign of life.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

const log = getLogger("executor");

/** The shortest time between two reports. A scheduler takes four that are missing for silence. */
const MIN_PERIOD_MS = 20_000;
/** The longest; at random, so that executors that start together do not report together. */
const MAX_PERIOD_MS = 30_000;

/** Calls back after some milliseconds; gives what cancels that. */
export type SetTimer = (callback: () => void, ms: number) => () => void;

/** What a reporter takes from the world. */
export interface NodeInfoReporterOptions {
  /** A random number, at least 0 and less than 1. @default {Math.random} */
  random?: () => number;
  /** The timer. @default {setTimeout} */
  setTimer?: SetTimer;
}

/** Reports at once and then two or three times a minute. Must be stopped. */
export class NodeInfoReporter {
  readonly #random: () => number;
  readonly #setTimer: SetTimer;
  #cancelTimer: (() => void) | undefined;

  /**
   * Is silent until it is started.
   *
   * @param options Chance and time.
   */
  constructor(options: NodeInfoReporterOptions = {}) {
    this.#random = options.random ?? Math.random;
    this.#setTimer = options.setTimer ?? setCancellableTimer;
  }

  /** Begins to report, until {@linkcode stop}. A report that fails is not the last. */
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

  /** Falls silent. */
  stop(): void {
    this.#cancelTimer?.();
  }
}

function setCancellableTimer(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}
