/**
 * RecordIO and protobuf.
 *
 * @module
 */

import type { Figure, Section, SectionResult } from "../kit/figure.ts";
import {
  launchCall,
  measureDecoding,
  measureEncoding,
  offersEvent,
  updateEvent,
  type WireRate,
} from "../kit/wire.ts";

const DURATION_MS = 1_000;
const UPDATES = 5_000;
const AGENTS = 100;
const TASKS = 64;

/** The section. */
export const wireSection: Section = { title: "Bytes to messages and back", run };

function run(): Promise<SectionResult> {
  const updates = Array.from({ length: UPDATES }, (_, number) => updateEvent(number));
  return Promise.resolve({
    figures: [
      ...figures("UPDATE events read", "events/s", measureDecoding(updates, DURATION_MS)),
      ...figures(
        `OFFERS events of ${AGENTS} agents read`,
        "events/s",
        measureDecoding([offersEvent(AGENTS)], DURATION_MS),
      ),
      ...figures(
        `ACCEPT calls with ${TASKS} tasks written`,
        "calls/s",
        measureEncoding(launchCall(TASKS), DURATION_MS),
      ),
    ],
  });
}

function figures(name: string, unit: string, rate: WireRate): Figure[] {
  return [
    { name, value: rate.messagesPerSecond, unit },
    { name: `${name}, bytes`, value: rate.megabytesPerSecond, unit: "MB/s" },
  ];
}
