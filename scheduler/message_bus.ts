/**
 * Delivers the events of the batch system to its listeners.
 *
 * @see toil.bus.MessageBus
 * @module
 */

import type { BatchSystemEvent } from "./core/events.ts";

/** Takes events. It must not throw and must not block. */
export type BatchSystemListener = (event: BatchSystemEvent) => void;

/** Hands events on to all listeners, in order. */
export class MessageBus {
  readonly #listeners = new Set<BatchSystemListener>();

  /** Calls the listener with every event from now on; the returned function ends that. */
  subscribe(listener: BatchSystemListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls all listeners. */
  publish(event: BatchSystemEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
