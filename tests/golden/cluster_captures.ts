/**
 * Captures of a real Mesos beside what the cluster gave: with everything made comparable that can't
 * be the same, and nothing else.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Codec, MediaType } from "../../mesos/wire/codec.ts";
import type { SchedulerEvent } from "../../mesos/wire/messages.ts";
import { RecordIoDecoder } from "../../mesos/wire/recordio.ts";

const CAPTURES = new URL("./captures/", import.meta.url);

/** The bytes of a capture. */
export function readCapture(path: string): Uint8Array {
  return Deno.readFileSync(new URL(path, CAPTURES));
}

/** The objects of a JSON-lines capture. */
export function readLines<T>(path: string): T[] {
  const text = new TextDecoder().decode(readCapture(path));
  return text.trim().split("\n").map((line) => JSON.parse(line) as T);
}

/** The events of a captured stream. */
export function readEvents<T>(path: string, codec: Codec<T>, mediaType: MediaType): T[] {
  const decoder = new RecordIoDecoder();
  const records = decoder.push(readCapture(path));
  decoder.end();
  return records.map((record) => codec.decode(record, mediaType));
}

/** Fields whose values differ from run to run, and what stands for them. */
const VARIABLE_FIELDS: Readonly<Record<string, string>> = {
  timestamp: "<time>",
  uuid: "<uuid>",
  executor_pid: "<pid>",
  port: "<port>",
  nanoseconds: "<time>",
};

const UUID_REGEXP = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** A text without what differs from run to run. */
export function normalizeText(text: string): string {
  return text
    .replaceAll(UUID_REGEXP, "<id>")
    .replaceAll(/<id>-O\d+/g, "<offer>")
    .replaceAll(/127\.0\.0\.1:\d+/g, "<address>");
}

/** A message without what differs from run to run: ids, times, ports, process ids. */
export function normalize(value: unknown): unknown {
  if (typeof value === "string") return normalizeText(value);
  if (value instanceof Uint8Array) return value.toBase64();
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined && !(Array.isArray(member) && !member.length))
    .map(([key, member]) => [key, VARIABLE_FIELDS[key] ?? normalize(member)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The task that an event is about, where Mesos keeps the order of a task's events only. */
export type TaskOf<T> = (event: T) => string | undefined;

/**
 * Compares events in all their fields. The events of one task must come in the same order, and so
 * must those that are about no task; between them, anything goes.
 */
export function assertSameEvents<T>(
  actual: readonly T[],
  captured: readonly T[],
  taskOf: TaskOf<T>,
): void {
  const lanes = (events: readonly T[]) => {
    const byTask = Map.groupBy(events, (event) => taskOf(event) ?? "");
    return Object.fromEntries(
      [...byTask].sort().map(([task, group]) => [task, group.map(normalize)]),
    );
  };
  assertEquals(lanes(actual), lanes(captured));
}

/** Heartbeats after the first come as time goes by, and an update comes until acknowledged. */
export function essential(events: readonly SchedulerEvent[]): SchedulerEvent[] {
  const firstBeat = events.findIndex(({ type }) => type === "HEARTBEAT");
  return events.filter(({ type, update }, index) => {
    const uuid = update?.status.uuid?.toHex();
    const again = uuid !== undefined &&
      events.slice(0, index).some((earlier) => earlier.update?.status.uuid?.toHex() === uuid);
    return (type !== "HEARTBEAT" || index === firstBeat) && !again;
  });
}
