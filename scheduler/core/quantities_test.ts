import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyShape, MIB } from "../testing.ts";
import {
  add,
  compareShapes,
  fits,
  NOTHING,
  type Shape,
  shapeKey,
  wholeMebibytes,
} from "./quantities.ts";

Deno.test("wholeMebibytes() rounds up, so that what is asked for is what is accounted for", () => {
  assertEquals([0, 1, MIB, MIB + 1].map(wholeMebibytes), [0, MIB, MIB, 2 * MIB]);
});

Deno.test("thousandths do not lose cores", () => {
  const tenth: Shape = { ...NOTHING, cpusMilli: 100, preemptible: false };
  assert(fits(add(tenth, add(tenth, tenth)), { ...NOTHING, cpusMilli: 300 }));
});

Deno.test("compareShapes() orders totally, and equal means alike", () => {
  fc.assert(fc.property(anyShape, anyShape, anyShape, (a, b, c) => {
    assertEquals(Math.sign(compareShapes(a, b)), -Math.sign(compareShapes(b, a)) + 0);
    assertEquals(compareShapes(a, b) === 0, shapeKey(a) === shapeKey(b));
    if (compareShapes(a, b) <= 0 && compareShapes(b, c) <= 0) assert(compareShapes(a, c) <= 0);
  }));
});

Deno.test("compareShapes() puts what has fewer places to run, and what is expensive, first", () => {
  const small: Shape = { ...NOTHING, cpusMilli: 1000, preemptible: false };
  const large = { ...small, cpusMilli: 4000 };
  const preemptible = { ...large, preemptible: true };
  const gpu = { ...small, gpus: 1 };
  assertEquals([preemptible, small, gpu, large].toSorted(compareShapes), [
    gpu,
    large,
    small,
    preemptible,
  ]);
});
