/**
 * Bytes to messages and back.
 *
 * @module
 */

import { PROTOBUF, schedulerCallCodec, schedulerEventCodec } from "../../mesos/wire/codec.ts";
import type { SchedulerCall, SchedulerEvent } from "../../mesos/wire/messages.ts";
import { encodeRecord, RecordIoDecoder } from "../../mesos/wire/recordio.ts";
import { LogicHarness, offer, spec } from "../../scheduler/testing.ts";
import { concatenated } from "../../support/bytes.ts";

const CHUNK_BYTES = 64 * 1024;

/** A rate of messages. */
export interface WireRate {
  readonly megabytesPerSecond: number;
  readonly messagesPerSecond: number;
}

/** An update as executors send it at the end of a job. */
export function updateEvent(number: number): SchedulerEvent {
  return {
    type: "UPDATE",
    update: {
      status: {
        task_id: { value: `${number}-1-abcdefgh` },
        agent_id: { value: "6f3f5b0c-0f3a-4a3e-9f5b-3c1f1e6a7b8d-S1" },
        executor_id: { value: "toil-mesos-0123456789abcdef" },
        source: "SOURCE_EXECUTOR",
        state: "TASK_FINISHED",
        uuid: new Uint8Array(16).fill(number & 0xff),
        timestamp: 1.7e9,
        message: "0",
        labels: { labels: [{ key: "wallTime", value: "1.482" }] },
        container_status: { container_id: { value: "0d7c3e0a-5a0c-4c53-8f0f-30a2d0b0a111" } },
      },
    },
  };
}

/** Offers of many agents in one event. */
export function offersEvent(agents: number): SchedulerEvent {
  const offers = Array.from({ length: agents }, (_, index) =>
    offer({
      id: `o${index}`,
      agentId: `6f3f5b0c-0f3a-4a3e-9f5b-3c1f1e6a7b8d-S${index}`,
      executorIds: ["toil-mesos-0123456789abcdef"],
    }));
  return { type: "OFFERS", offers: { offers } };
}

/** A launch of a number of tasks, as the scheduler builds it. */
export function launchCall(tasks: number): SchedulerCall {
  const logic = new LogicHarness();
  logic.subscribe();
  logic.issue(...Array.from({ length: tasks }, () => spec()));
  logic.offer(offer({ cpus: tasks + 1, mem: 64 * (tasks + 1) }));
  const accept = logic.last?.calls.find(({ type }) => type === "ACCEPT");
  if (!accept) throw new Error("Cannot measure: nothing was launched");
  return { framework_id: { value: "f" }, ...accept };
}

/** Reads records of events from a stream of chunks. */
export function measureDecoding(events: readonly SchedulerEvent[], durationMs: number): WireRate {
  const bytes = concatenated(
    events.map((event) => encodeRecord(schedulerEventCodec.encode(event, PROTOBUF))),
  );
  return repeat(durationMs, () => {
    const decoder = new RecordIoDecoder();
    let messages = 0;
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      for (const record of decoder.push(bytes.subarray(start, start + CHUNK_BYTES))) {
        schedulerEventCodec.decode(record, PROTOBUF);
        messages++;
      }
    }
    return { bytes: bytes.length, messages };
  });
}

/** Writes a call. */
export function measureEncoding(call: SchedulerCall, durationMs: number): WireRate {
  return repeat(durationMs, () => ({
    bytes: schedulerCallCodec.encode(call, PROTOBUF).length,
    messages: 1,
  }));
}

function repeat(durationMs: number, once: () => { bytes: number; messages: number }): WireRate {
  once();
  const start = performance.now();
  let [bytes, messages] = [0, 0];
  do {
    const done = once();
    bytes += done.bytes;
    messages += done.messages;
  } while (performance.now() - start < durationMs);
  const seconds = (performance.now() - start) / 1000;
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    messagesPerSecond: messages / seconds,
  };
}
