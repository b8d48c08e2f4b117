import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cpusToBorrow, lessCpus, MIN_CPUS_MILLI } from "./executor_share.ts";
import { JobQueue } from "./job_queue.ts";
import { compareOffers, type MatchableOffer, matchOffer, reserve } from "./offer_matcher.ts";
import { add, fits, NOTHING, type Quantities, type Shape, shapeKey } from "./quantities.ts";
import { anyShape } from "../testing.ts";

const MIB = 2 ** 20;

const anyOffer: fc.Arbitrary<MatchableOffer> = fc.record({
  agentId: fc.constantFrom("a", "b", "c"),
  preemptible: fc.boolean(),
  room: fc.record({
    cpusMilli: fc.integer({ min: 0, max: 32_000 }),
    memoryBytes: fc.integer({ min: 0, max: 256 }).map((n) => n * MIB),
    diskBytes: fc.integer({ min: 0, max: 256 }).map((n) => n * MIB),
    gpus: fc.integer({ min: 0, max: 4 }),
  }),
  lendableCpusMilli: fc.integer({ min: 0, max: 500 }),
});

function fill(queue: JobQueue, shapes: readonly Shape[]): Map<number, Shape> {
  const jobs = new Map(shapes.map((shape, jobID) => [jobID, shape]));
  for (const [jobID, shape] of jobs) queue.push({ jobID, shape }, 0);
  return jobs;
}

function cpus(count: number, rest: Partial<Shape> = {}): Shape {
  return { ...NOTHING, cpusMilli: count * 1000, preemptible: false, ...rest };
}

function offer(count: number, rest: Partial<MatchableOffer> = {}): MatchableOffer {
  return {
    agentId: "a",
    preemptible: false,
    room: { ...NOTHING, cpusMilli: count * 1000 },
    lendableCpusMilli: 0,
    ...rest,
  };
}

Deno.test("matchOffer() never over-commits, never misplaces, and is FIFO within a shape", () => {
  fc.assert(
    fc.property(fc.array(anyShape, { maxLength: 60 }), fc.array(anyOffer), (shapes, offers) => {
      const queue = new JobQueue();
      const jobs = fill(queue, shapes);
      const placed = new Set<number>();
      for (const each of offers.toSorted(compareOffers)) {
        let used: Quantities = NOTHING;
        let lendable = each.lendableCpusMilli;
        for (const match of matchOffer(each, queue, { nowMs: 0 })) {
          const { jobIDs: [jobID = NaN], shape, borrowedCpusMilli } = match;
          assertEquals(shape, jobs.get(jobID));
          assert(!placed.has(jobID), "a job was placed twice");
          assert(shape.preemptible || !each.preemptible, "a job that must stay may be taken away");
          for (const [other, otherShape] of jobs) {
            const before = other < jobID && shapeKey(otherShape) === shapeKey(shape);
            assert(!before || placed.has(other), "a job overtook another of its shape");
          }
          placed.add(jobID);
          used = add(used, lessCpus(shape, borrowedCpusMilli));
          lendable -= borrowedCpusMilli;
          assert(
            borrowedCpusMilli === 0 || shape.cpusMilli - borrowedCpusMilli >= MIN_CPUS_MILLI,
            "a task asks for less than Mesos wants",
          );
        }
        assert(lendable >= 0, "more was lent than the executor holds");
        assert(fits(used, each.room), "more was placed than was offered");
        const left = {
          cpusMilli: each.room.cpusMilli - used.cpusMilli,
          memoryBytes: each.room.memoryBytes - used.memoryBytes,
          diskBytes: each.room.diskBytes - used.diskBytes,
          gpus: each.room.gpus - used.gpus,
        };
        for (const { shape } of queue.shapes()) {
          const couldRun = cpusToBorrow(shape, left, lendable) !== undefined &&
            (shape.preemptible || !each.preemptible);
          assert(!couldRun, "an offer went back although a job fits");
        }
      }
      assertEquals(queue.size, shapes.length - placed.size);
    }),
  );
});

Deno.test("matchOffer() fills an offer with the expensive jobs first", () => {
  const queue = new JobQueue();
  fill(queue, [cpus(1), cpus(3), cpus(1), cpus(2)]);
  assertEquals(matchOffer(offer(6), queue, { nowMs: 0 }).flatMap(({ jobIDs }) => jobIDs), [
    1,
    3,
    0,
  ]);
});

Deno.test("matchOffer() looks at few of many shapes once the cpus of the offer are used", () => {
  const queue = new JobQueue();
  let looks = 0;
  const shapes = Array.from({ length: 1_000 }, (_, i) => ({
    ...cpus(1, { memoryBytes: i, preemptible: i % 2 === 0 }),
    get cpusMilli() {
      looks++;
      return (1 + i % 4) * 1000;
    },
  }));
  fill(queue, shapes);
  looks = 0;
  const room = { ...NOTHING, cpusMilli: 8000, memoryBytes: MIB };
  const matches = matchOffer(offer(8, { room }), queue, { nowMs: 0 });
  assertEquals(matches.map(({ shape }) => shape.cpusMilli), [4000, 4000]);
  assert(looks < 100, `${looks}`);
});

Deno.test("matchOffer() gives GPUs to jobs that use them, whatever else waits", () => {
  const queue = new JobQueue();
  fill(queue, [cpus(4), cpus(1, { gpus: 1, preemptible: true })]);
  const gpuNode = offer(4, { room: { ...NOTHING, cpusMilli: 4000, gpus: 1 } });
  assertEquals(matchOffer(gpuNode, queue, { nowMs: 0 }).flatMap(({ jobIDs }) => jobIDs), [1]);
});

Deno.test("compareOffers() has preemptible nodes filled first, and those with GPUs last", () => {
  const room = { ...NOTHING, cpusMilli: 1000, gpus: 1 };
  const offers = [offer(1, { room }), offer(1), offer(1, { preemptible: true })];
  assertEquals(offers.toSorted(compareOffers), [offers[2], offers[1], offers[0]]);
});

Deno.test("reserve() keeps an agent free for a large job, so that small ones can't starve it", () => {
  const queue = new JobQueue();
  const running: { jobID: number; endsMs: number }[] = [];
  const capacity = { ...NOTHING, cpusMilli: 4000 };
  const small = cpus(1);
  let nextID = 1;
  let nowMs = 0;
  for (; running.length < 4; nowMs += 1000) running.push({ jobID: nextID++, endsMs: nowMs + 4000 });
  queue.push({ jobID: 0, shape: cpus(4) }, nowMs);
  // A stream of small jobs keeps the node busy: one ends each second, and there is always a next.
  for (; nowMs < 300_000; nowMs += 1000) {
    while (queue.size < 3) queue.push({ jobID: nextID++, shape: small }, nowMs);
    while (running[0] && running[0].endsMs <= nowMs) running.shift();
    const agents = [{ agentId: "a", preemptible: false, capacity, tasks: running.length }];
    const reservation = reserve(agents, queue, { nowMs, afterMs: 60_000 });
    const free = offer(4 - running.length);
    for (const { jobIDs: [jobID = NaN] } of matchOffer(free, queue, { nowMs, reservation })) {
      if (jobID === 0) return;
      running.push({ jobID, endsMs: nowMs + 4000 });
    }
  }
  throw new Error("the large job has not been placed in five minutes");
});

Deno.test("reserve() does not keep an agent free for what it could never hold", () => {
  const queue = new JobQueue();
  fill(queue, [cpus(64), cpus(2)]);
  const agents = [
    {
      agentId: "taken away",
      preemptible: true,
      capacity: { ...NOTHING, cpusMilli: 64_000 },
      tasks: 0,
    },
    { agentId: "busy", preemptible: false, capacity: { ...NOTHING, cpusMilli: 4000 }, tasks: 3 },
    { agentId: "quiet", preemptible: false, capacity: { ...NOTHING, cpusMilli: 4000 }, tasks: 1 },
  ];
  const reservation = reserve(agents, queue, { nowMs: 60_000, afterMs: 60_000 });
  assertEquals(reservation?.agentId, "quiet");
  assertEquals(reservation?.queue.shape, cpus(2));
  assertEquals(reserve(agents, queue, { nowMs: 59_999, afterMs: 60_000 }), undefined);
});
