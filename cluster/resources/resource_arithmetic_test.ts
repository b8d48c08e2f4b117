import { assertEquals } from "@std/assert";
import { formatResources, parseResources } from "./resource_text.ts";
import {
  addResources,
  allocatableTo,
  allocate,
  containsResources,
  sameResources,
  scalarQuantities,
  subtractResources,
  unallocate,
} from "./resource_arithmetic.ts";

const AGENT = parseResources("cpus:4;mem:4096;ports:[31000-32000];cpus(batch):2");

Deno.test("addResources() adds only what is set aside and allocated alike", () => {
  const sum = addResources(AGENT, parseResources("cpus:1;cpus(batch):1"));
  assertEquals(
    formatResources(sum),
    "cpus:5; mem:4096; ports:[31000-32000]; cpus(reservations: [(STATIC,batch)]):3",
  );
  const allocated = addResources(sum, allocate(parseResources("cpus:1"), "*"));
  assertEquals(allocated.length, sum.length + 1);
});

Deno.test("subtractResources() leaves nothing that is empty", () => {
  assertEquals(
    formatResources(
      subtractResources(parseResources("cpus:4;mem:64;disk:1"), parseResources("cpus:4;mem:1")),
    ),
    "disk:1; mem:63",
  );
  assertEquals(subtractResources(AGENT, AGENT), []);
});

Deno.test("containsResources() counts what is named twice twice", () => {
  const half = parseResources("cpus:2");
  assertEquals(containsResources(AGENT, [...half, ...half]), true);
  assertEquals(containsResources(AGENT, [...half, ...half, ...half]), false);
  assertEquals(containsResources(AGENT, parseResources("gpus:1")), false);
});

Deno.test("scalars are added and subtracted in thousandths, others taken as a whole", () => {
  const cpus = (value: number) => [{ name: "cpus", type: "SCALAR" as const, scalar: { value } }];
  assertEquals(addResources(cpus(0.1), cpus(0.2)), cpus(0.3));
  assertEquals(subtractResources(cpus(1), cpus(0.9)), cpus(0.1));
  assertEquals(containsResources(cpus(0.3), cpus(0.1 + 0.2)), true);
  assertEquals(containsResources(cpus(0.3), cpus(0.301)), false);
  const ports = parseResources("ports:[31000-32000]");
  assertEquals(containsResources(AGENT, ports), true);
  assertEquals(containsResources(AGENT, parseResources("ports:[31000-31001]")), false);
  assertEquals(formatResources(subtractResources(AGENT, ports)).includes("ports"), false);
});

Deno.test("sameResources() does not mind the order", () => {
  assertEquals(sameResources(AGENT, AGENT.toReversed()), true);
  assertEquals(sameResources(AGENT, parseResources("cpus:4")), false);
});

Deno.test("allocatableTo() gives what is set aside to its role and to those below it", () => {
  const cpus = (role: string) => scalarQuantities(allocatableTo(AGENT, role)).get("cpus");
  assertEquals(cpus("*"), 4000);
  assertEquals(cpus("batch"), 6000);
  assertEquals(cpus("batch/night"), 6000);
  assertEquals(cpus("batchelor"), 4000);
});

Deno.test("allocate() and unallocate() undo each other", () => {
  assertEquals(unallocate(allocate(AGENT, "batch")), AGENT);
});
