import { assertEquals, assertThrows } from "@std/assert";
import {
  formatResources,
  parseAttributes,
  parseResources,
  resourceNames,
} from "./resource_text.ts";

Deno.test("parseResources() reads scalars, ranges and roles", () => {
  assertEquals(
    parseResources(" cpus : 4 ; mem(batch):0.5;ports:[31000-31009, 31010-32000];"),
    [
      { name: "cpus", type: "SCALAR", scalar: { value: 4 } },
      {
        name: "mem",
        type: "SCALAR",
        scalar: { value: 0.5 },
        role: "batch",
      },
      {
        name: "ports",
        type: "RANGES",
        ranges: { range: [{ begin: 31000, end: 31009 }, { begin: 31010, end: 32000 }] },
      },
    ],
  );
  assertEquals(parseResources("cpus(*):1;cpus:1"), parseResources("cpus:2"));
  assertEquals(parseResources(""), []);
});

Deno.test("parseResources() names what it can't read", () => {
  for (
    const text of [
      "cpus",
      "cpus:",
      "cpus:many",
      "cpus:1:2",
      "cpus(:1",
      "ports:[1-",
      "a:[1-2]x",
      "a:{b}",
    ]
  ) {
    assertThrows(() => parseResources(text), RangeError, "Cannot read");
  }
  assertThrows(() => parseResources("cpus(-x):1"), RangeError, "is invalid");
});

Deno.test("resourceNames() knows those of empty resources too", () => {
  assertEquals(resourceNames("cpus:0; mem(batch):1"), new Set(["cpus", "mem"]));
});

Deno.test("parseAttributes() types values as Mesos does", () => {
  assertEquals(parseAttributes("preemptible:false;rack:r1;level:10;span:[1-3];url:http://a"), [
    { name: "preemptible", type: "TEXT", text: { value: "false" } },
    { name: "rack", type: "TEXT", text: { value: "r1" } },
    { name: "level", type: "SCALAR", scalar: { value: 10 } },
    { name: "span", type: "RANGES", ranges: { range: [{ begin: 1, end: 3 }] } },
    { name: "url", type: "TEXT", text: { value: "http://a" } },
  ]);
  for (const text of ["rack", ":r1", "rack:", "racks:{a}"]) {
    assertThrows(() => parseAttributes(text), RangeError, "Cannot read");
  }
});

Deno.test("formatResources() writes as Mesos' messages do", () => {
  assertEquals(formatResources([]), "{}");
  assertEquals(
    formatResources(parseResources("cpus:0.1;mem:4096;ports:[1-2,4-5];cpus(batch):2")),
    "cpus:0.1; mem:4096; ports:[1-2, 4-5]; cpus(reservations: [(STATIC,batch)]):2",
  );
});
