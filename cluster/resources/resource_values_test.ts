import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import {
  addValues,
  coalesceRanges,
  containsValues,
  quantity,
  subtractValues,
} from "./resource_values.ts";

function scalar(value: number): MesosResource {
  return { name: "cpus", type: "SCALAR", scalar: { value } };
}

function ranges(...pairs: [number, number][]): MesosResource {
  const range = pairs.map(([begin, end]) => ({ begin, end }));
  return { name: "ports", type: "RANGES", ranges: { range } };
}

function set(...item: string[]): MesosResource {
  return { name: "racks", type: "SET", set: { item } };
}

Deno.test("scalars are added and subtracted in thousandths", () => {
  assertEquals(addValues(scalar(0.1), scalar(0.2)).scalar?.value, 0.3);
  assertEquals(subtractValues(scalar(1), scalar(0.9)).scalar?.value, 0.1);
  assertEquals(containsValues(scalar(0.3), scalar(0.1 + 0.2)), true);
  assertEquals(containsValues(scalar(0.3), scalar(0.301)), false);
});

Deno.test("coalesceRanges() joins what touches or overlaps", () => {
  assertEquals(
    coalesceRanges([{ begin: 5, end: 6 }, { begin: 1, end: 2 }, { begin: 3, end: 4 }]),
    [{ begin: 1, end: 6 }],
  );
  assertEquals(coalesceRanges([{ begin: 1, end: 9 }, { begin: 2, end: 3 }]), [{
    begin: 1,
    end: 9,
  }]);
});

Deno.test("ranges are subtracted as the integers in them", () => {
  assertEquals(subtractValues(ranges([1, 10]), ranges([3, 4], [10, 20])), ranges([1, 2], [5, 9]));
  assertEquals(containsValues(ranges([1, 10]), ranges([2, 3], [9, 10])), true);
  assertEquals(containsValues(ranges([1, 10]), ranges([10, 11])), false);
});

Deno.test("sets are added and subtracted by their items", () => {
  assertEquals(addValues(set("a"), set("b", "a")), set("a", "b"));
  assertEquals(subtractValues(set("a", "b"), set("b")), set("a"));
  assertEquals(containsValues(set("a", "b"), set("a")), true);
});

const RANGES = fc.array(
  fc.tuple(fc.nat(50), fc.nat(10)).map(([begin, length]) => ({ begin, end: begin + length })),
  { maxLength: 5 },
).map((range): MesosResource => ({ name: "ports", type: "RANGES", ranges: { range } }));

Deno.test("what was subtracted and added again makes the same sum", () => {
  fc.assert(fc.property(RANGES, RANGES, (a, b) => {
    const sum = addValues(a, b);
    assertEquals(addValues(subtractValues(sum, b), b), sum);
    assertEquals(containsValues(sum, a) && containsValues(sum, b), true);
    assertEquals(quantity(subtractValues(sum, sum)), 0);
  }));
});
