import { assertEquals } from "@std/assert";
import { MIB, shape } from "../testing.ts";
import {
  bundleSize,
  bundleSizesOf,
  MAX_BUNDLE_JOBS,
  MAX_TIMED_SHAPES,
  MIN_WALL_TIMES,
  WallTimes,
} from "./bundle_sizes.ts";
import { ShapeQueue } from "./job_queue.ts";
import type { Shape } from "./quantities.ts";

const CIRCUMSTANCES = { bundleMs: 1_000, averageMs: 10, waiting: 10_000, slots: 4 };

function timesOf(shape: Shape, ms: number): WallTimes {
  const times = new WallTimes();
  for (let i = 0; i < MIN_WALL_TIMES; i++) times.note(shape, ms);
  return times;
}

function queueOf(shape: Shape, jobs: number): ShapeQueue {
  const queue = new ShapeQueue(shape, 0);
  for (let jobID = 1; jobID <= jobs; jobID++) queue.push(jobID);
  return queue;
}

Deno.test("bundleSize() is what runs in the time, no more than the bound, and a share of what waits", () => {
  const cases: [Partial<typeof CIRCUMSTANCES>, number][] = [
    [{}, MAX_BUNDLE_JOBS],
    [{ averageMs: 0 }, MAX_BUNDLE_JOBS],
    [{ averageMs: 100 }, 10],
    [{ averageMs: 300 }, 3],
    [{ averageMs: 1_000 }, 1],
    [{ averageMs: 60_000 }, 1],
    [{ waiting: 40 }, 10],
    [{ waiting: 43 }, 10],
    [{ waiting: 3 }, 1],
    [{ slots: 0, waiting: 7 }, 7],
    [{ bundleMs: 0 }, 1],
    [{ bundleMs: 200 }, 20],
  ];
  for (const [change, size] of cases) {
    assertEquals(bundleSize({ ...CIRCUMSTANCES, ...change }), size, JSON.stringify(change));
  }
  assertEquals(bundleSize({ ...CIRCUMSTANCES, averageMs: undefined }), 1);
});

Deno.test("WallTimes knows nothing of a shape before some of its jobs have ended", () => {
  const times = new WallTimes();
  for (let count = 0; count < MIN_WALL_TIMES; count++) {
    assertEquals(times.averageMs(shape()), undefined);
    times.note(shape(), 10);
  }
  assertEquals(times.averageMs(shape()), 10);
  assertEquals(times.averageMs(shape({ memoryBytes: MIB })), undefined);
});

Deno.test("WallTimes follows jobs that become longer", () => {
  const times = timesOf(shape(), 10);
  for (let i = 0; i < 64; i++) times.note(shape(), 1_000);
  assertEquals((times.averageMs(shape()) ?? 0) > 900, true);
});

Deno.test("WallTimes forgets the shapes that were not heard of for longest", () => {
  const times = timesOf(shape(), 10);
  const others = timesOf(shape({ gpus: 1 }), 10);
  for (let cpusMilli = 1; cpusMilli <= MAX_TIMED_SHAPES; cpusMilli++) {
    times.note(shape({ memoryBytes: 0, cpusMilli }), 1);
    others.note(shape({ memoryBytes: 0, cpusMilli }), 1);
    others.note(shape({ gpus: 1 }), 10);
  }
  assertEquals(times.averageMs(shape()), undefined);
  assertEquals(others.averageMs(shape({ gpus: 1 })), 10);
});

Deno.test("bundleSizesOf() shares what waits among the slots that are free and those in use", () => {
  const room = { cpusMilli: 3_990, memoryBytes: 1_000 * MIB, diskBytes: 0, gpus: 0 };
  const round = {
    bundleMs: 1_000,
    wallTimes: timesOf(shape(), 10),
    rooms: [room, room],
    tasksOf: () => 2,
  };
  assertEquals(bundleSizesOf(round)(queueOf(shape(), 100)), 10);
  assertEquals(bundleSizesOf({ ...round, rooms: [] })(queueOf(shape(), 100)), 50);
  assertEquals(bundleSizesOf({ ...round, bundleMs: 0 })(queueOf(shape(), 100)), 1);
  const sizeOf = bundleSizesOf(round);
  const queue = queueOf(shape(), 100);
  sizeOf(queue);
  for (let i = 0; i < 90; i++) queue.shift(0);
  assertEquals(sizeOf(queue), 10, "decided once a round");
});

Deno.test("bundleSizesOf() bundles no jobs with GPUs", () => {
  const withGpu = shape({ gpus: 1 });
  const round = {
    bundleMs: 1_000,
    wallTimes: timesOf(withGpu, 10),
    rooms: [{ cpusMilli: 8_000, memoryBytes: 1_000 * MIB, diskBytes: 0, gpus: 8 }],
    tasksOf: () => 0,
  };
  assertEquals(bundleSizesOf(round)(queueOf(withGpu, 1_000)), 1);
});
