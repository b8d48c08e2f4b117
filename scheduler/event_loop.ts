/**
 * The shell around the logic: takes inputs in, commits what they change, and then has done what
 * follows from them. One turn handles all inputs that have come, with one commit.
 *
 * ```text
 *  inbox ──► step, step, … ──► store.commit ──► effects, answers ──► wait for inputs or time
 * ```
 *
 * @module
 */

import type { Clock } from "../support/clock.ts";
import type { Effects } from "./core/frame.ts";
import type { Input } from "./core/inputs.ts";
import { step, type StepResult, TICK_MS } from "./core/step.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";
import type { Store } from "./store/store.ts";
import { asError } from "../support/reason.ts";

/** What a loop works with. */
export interface LoopOptions {
  /** Changed by the loop alone. */
  state: SchedulerState;
  /** Keeps the changes. The loop does not close it. */
  store: Store;
  /** What the user decided. */
  settings: SchedulerSettings;
  /** The time, and what wakes the loop. */
  clock: Clock;
  /** Does what follows from inputs; called after the commit, once for each input. */
  perform: (effects: Effects) => void;
  /** The loop stops because the store or the logic has failed. Called once. */
  failed: (error: Error) => void;
}

interface Waiting {
  readonly input: Input;
  readonly resolve?: (result: StepResult) => void;
  readonly reject?: (error: Error) => void;
}

/** Handles inputs one after the other. */
export class SchedulerLoop {
  readonly #options: LoopOptions;
  #inbox: Waiting[] = [];
  #scheduled = false;
  #isWoken = false;
  #tickedMs = -Infinity;
  #stopTimer = () => {};
  #ended: Error | undefined;

  /**
   * A loop that waits for inputs.
   *
   * @param options State, store, clock and what to do.
   */
  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Takes an input in; it is handled soon. */
  submit(input: Input): void {
    this.#enqueue({ input });
  }

  /**
   * Takes an input in; resolves once what it changed is committed.
   *
   * @throws {Error} when the loop has ended, or ends before.
   */
  request(input: Input): Promise<StepResult> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#enqueue({ input, resolve, reject }));
  }

  /** Ends the loop: inputs not handled yet are dropped. Idempotent. */
  stop(): void {
    this.#end(new Error("Cannot handle the input: the scheduler has been shut down"));
  }

  #enqueue(waiting: Waiting): void {
    if (this.#ended) return;
    this.#inbox.push(waiting);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What has come by then is handled in the same turn.
    this.#options.clock.soon(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#ended) return;
    const inbox = this.#inbox;
    this.#inbox = [];
    const { state, store, settings, clock, perform, failed } = this.#options;
    const nowMs = clock.now();
    // While turns follow each other at once, no timer gets its chance.
    if (this.#isWoken || nowMs >= this.#tickedMs + TICK_MS) {
      this.#isWoken = false;
      this.#tickedMs = nowMs;
      inbox.push({ input: { type: "TICK" } });
    }
    try {
      const results = inbox.map(({ input }) => step(state, input, { settings, nowMs }));
      const changes = state.takeChanges();
      if (changes) store.commit(changes);
      results.forEach((result, i) => {
        perform(result);
        inbox[i]?.resolve?.(result);
      });
      this.#wakeAt(results.at(-1)?.wakeMs, nowMs);
    } catch (error) {
      for (const { reject } of inbox) reject?.(asError(error));
      this.#end(asError(error));
      failed(asError(error));
    }
  }

  #wakeAt(wakeMs: number | undefined, nowMs: number): void {
    this.#stopTimer();
    // Counted from the last TICK: a stream of other inputs must not put it off for ever.
    const delayMs = Math.max(0, Math.min(wakeMs ?? Infinity, this.#tickedMs + TICK_MS) - nowMs);
    this.#stopTimer = this.#options.clock.after(delayMs, () => {
      this.#isWoken = true;
      this.#schedule();
    });
  }

  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#stopTimer();
    for (const { reject } of this.#inbox) reject?.(error);
    this.#inbox = [];
  }
}
