import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { JobQueue } from "./job_queue.ts";
import { compareShapes, NOTHING, type Shape } from "./quantities.ts";

const SHAPES: Shape[] = [1, 2, 3].flatMap((cpus) =>
  [true, false].map((preemptible) => ({ ...NOTHING, cpusMilli: cpus * 1000, preemptible }))
);

type Step =
  | { do: "push" | "unshift"; shape: number }
  | { do: "shift"; shape: number }
  | { do: "delete"; nth: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("push" as const), shape: fc.nat(5) }),
  fc.record({ do: fc.constant("unshift" as const), shape: fc.nat(5) }),
  fc.record({ do: fc.constant("shift" as const), shape: fc.nat(5) }),
  fc.record({ do: fc.constant("delete" as const), nth: fc.nat(50) }),
);

Deno.test("JobQueue behaves like a list for each shape", () => {
  fc.assert(fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
    const queue = new JobQueue();
    const model: number[][] = SHAPES.map(() => []);
    let nextID = 1;
    for (const step of steps) {
      if (step.do === "delete") {
        const present = model.flat();
        const jobID = present[step.nth] ?? -1;
        const index = model.findIndex((list) => list.includes(jobID));
        const shape = SHAPES[Math.max(0, index)] as Shape;
        assertEquals(queue.delete({ jobID, shape }), index >= 0);
        if (index >= 0) model[index] = (model[index] ?? []).filter((each) => each !== jobID);
        continue;
      }
      const shape = SHAPES[step.shape] as Shape;
      const list = model[step.shape] ?? [];
      if (step.do === "shift") {
        const waiting = queue.shapes().find((each) => each.shape === shape);
        assertEquals(waiting && queue.shift(waiting, 0), list.shift());
      } else if (step.do === "push") {
        assertEquals(queue.push({ jobID: nextID, shape }, 0), list.length === 0);
        list.push(nextID++);
      } else {
        queue.unshift({ jobID: nextID, shape }, 0);
        list.unshift(nextID++);
      }
      assertEquals(queue.size, model.flat().length);
    }
    const waiting = queue.shapes().map(({ shape }) => shape);
    assertEquals(waiting, SHAPES.filter((_, i) => model[i]?.length).toSorted(compareShapes));
    for (const each of queue.shapes()) {
      assertEquals(each.size, model[SHAPES.indexOf(each.shape)]?.length);
    }
  }));
});

Deno.test("JobQueue can be taken from while its shapes are gone through", () => {
  const queue = new JobQueue();
  SHAPES.forEach((shape, jobID) => queue.push({ jobID, shape }, 0));
  const seen: (number | undefined)[] = [];
  // Each queue is empty after one: none of the others may be passed over for that.
  for (const each of queue.shapes()) seen.push(queue.shift(each, 0));
  assertEquals(seen.length, SHAPES.length);
  assertEquals(queue.size, 0);
});

Deno.test("JobQueue knows since when the head has been waiting", () => {
  const queue = new JobQueue();
  const shape = SHAPES[0] as Shape;
  queue.push({ jobID: 1, shape }, 10);
  queue.push({ jobID: 2, shape }, 20);
  const [waiting] = queue.shapes();
  assertEquals(waiting?.headSinceMs, 10);
  if (waiting) queue.shift(waiting, 30);
  assertEquals(waiting?.headSinceMs, 30);
});

Deno.test("JobQueue gives a hundred thousand jobs back in order", () => {
  const queue = new JobQueue();
  const shape = SHAPES[0] as Shape;
  const ids = Array.from({ length: 100_000 }, (_, i) => i);
  for (const jobID of ids) queue.push({ jobID, shape }, 0);
  const [waiting] = queue.shapes();
  const given: (number | undefined)[] = [];
  while (waiting && queue.size > 0) given.push(queue.shift(waiting, 0));
  assertEquals(given.length, ids.length);
  assertEquals(given.every((jobID, i) => jobID === i), true);
});
