/**
 * Delivers status updates to the frameworks: one at a time and in order for each task, resent
 * until acknowledged. Pure.
 *
 * ```text
 *  update ──► pending … pending ──► forwarded ──acknowledged──► next
 *                                    │     ▲
 *                                    └─────┘ after 10 s, 20 s, … 10 min
 * ```
 *
 * @see src/slave/task_status_update_manager.cpp in Mesos
 * @module
 */

import type { FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type { TaskStatus } from "../../../mesos/wire/messages.ts";
import { isTerminal } from "../../protocol/task_status.ts";

/** How long Mesos waits for the first acknowledgement, in milliseconds. */
export const UPDATE_RETRY_MS = 10_000;

const RETRY_MAX_MS = 600_000;

export interface TaskKey {
  frameworkId: FrameworkId;
  taskId: TaskId;
}

export interface StatusUpdateHost {
  forward(key: TaskKey, status: TaskStatus): void;
  /** Calls `retry` after `afterMs`; replaces an earlier timer of the task. */
  setRetry(key: TaskKey, afterMs: number): void;
  clearRetry(key: TaskKey): void;
  /** Records an update before it is processed further. */
  recordUpdate(key: TaskKey, status: TaskStatus): void;
  recordAcknowledgement(key: TaskKey, uuid: Uint8Array): void;
}

interface Stream {
  key: TaskKey;
  pending: TaskStatus[];
  received: Set<string>;
  retryMs: number;
}

function nameOf({ frameworkId, taskId }: TaskKey): string {
  return `${frameworkId}\0${taskId}`;
}

function uuidOf({ uuid }: TaskStatus): string {
  return uuid?.toHex() ?? "";
}

export class StatusUpdateManager {
  readonly #host: StatusUpdateHost;
  readonly #retryMs: number;
  readonly #streams = new Map<string, Stream>();
  #paused = true;

  constructor(host: StatusUpdateHost, retryMs = UPDATE_RETRY_MS) {
    this.#host = host;
    this.#retryMs = retryMs;
  }

  /** Enqueues an update. A duplicate has no effect. */
  update(key: TaskKey, status: TaskStatus): void {
    const stream = this.#streams.get(nameOf(key)) ?? this.#open(key);
    if (stream.received.has(uuidOf(status))) return;
    this.#host.recordUpdate(key, status);
    stream.received.add(uuidOf(status));
    stream.pending.push(status);
    if (stream.pending.length === 1) this.#forward(stream, this.#retryMs);
  }

  /**
   * Handles the acknowledgement of the update that was forwarded last.
   *
   * @returns Whether it matched that update, and whether that update was terminal.
   */
  acknowledge(key: TaskKey, uuid: Uint8Array): { expected: boolean; ended: boolean } {
    const stream = this.#streams.get(nameOf(key));
    const [status] = stream?.pending ?? [];
    if (!stream || !status || uuidOf(status) !== uuid.toHex()) {
      return { expected: false, ended: false };
    }
    this.#host.recordAcknowledgement(key, uuid);
    stream.pending.shift();
    this.#host.clearRetry(key);
    const ended = isTerminal(status.state ?? "TASK_UNKNOWN");
    if (ended) this.#streams.delete(nameOf(key));
    else if (stream.pending.length > 0) this.#forward(stream, this.#retryMs);
    return { expected: true, ended };
  }

  pause(): void {
    this.#paused = true;
    for (const { key } of this.#streams.values()) this.#host.clearRetry(key);
  }

  /** Resends all waiting updates to a master, which may be a new one. */
  resume(): void {
    this.#paused = false;
    for (const stream of this.#streams.values()) {
      if (stream.pending.length > 0) this.#forward(stream, this.#retryMs);
    }
  }

  retry(key: TaskKey): void {
    const stream = this.#streams.get(nameOf(key));
    if (!stream || stream.pending.length === 0) return;
    this.#forward(stream, Math.min(stream.retryMs * 2, RETRY_MAX_MS));
  }

  hasPending(frameworkId: FrameworkId): boolean {
    return [...this.#streams.values()].some(({ key, pending }) =>
      key.frameworkId === frameworkId && pending.length > 0
    );
  }

  removeFramework(frameworkId: FrameworkId): void {
    for (const [name, { key }] of this.#streams) {
      if (key.frameworkId !== frameworkId) continue;
      this.#host.clearRetry(key);
      this.#streams.delete(name);
    }
  }

  recover(key: TaskKey, updates: readonly TaskStatus[], acknowledged: readonly Uint8Array[]): void {
    const done = new Set(acknowledged.map((uuid) => uuid.toHex()));
    const ended = updates.some((status) =>
      isTerminal(status.state ?? "TASK_UNKNOWN") && done.has(uuidOf(status))
    );
    if (ended || updates.length === 0) return;
    const stream = this.#open(key);
    stream.received = new Set(updates.map(uuidOf));
    stream.pending = updates.filter((status) => !done.has(uuidOf(status)));
  }

  #open(key: TaskKey): Stream {
    const stream = { key, pending: [], received: new Set<string>(), retryMs: this.#retryMs };
    this.#streams.set(nameOf(key), stream);
    return stream;
  }

  #forward(stream: Stream, retryMs: number): void {
    const [status] = stream.pending;
    if (this.#paused || !status) return;
    stream.retryMs = retryMs;
    this.#host.setRetry(stream.key, retryMs);
    this.#host.forward(stream.key, status);
  }
}
