import { assert, assertEquals } from "@std/assert";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { scalarQuantities } from "../resources/resource_arithmetic.ts";
import { agentResources } from "./default_resources.ts";

function named(resources: readonly MesosResource[], name: string): MesosResource[] {
  return resources.filter((resource) => resource.name === name);
}

Deno.test("agentResources() takes what is named, and adds what this machine has of the rest", () => {
  const resources = agentResources("cpus:1.5;mem(batch):100", ".");
  assertEquals(named(resources, "cpus").map(({ scalar }) => scalar?.value), [1.5]);
  assertEquals(named(resources, "mem").map(({ scalar }) => scalar?.value), [100]);
  assertEquals(named(resources, "ports").map(({ ranges }) => ranges?.range), [
    [{ begin: 31000, end: 32000 }],
  ]);
  assert(Number(scalarQuantities(resources).get("disk")) > 0);
});

Deno.test("agentResources() leaves some of the machine to others", () => {
  const quantities = scalarQuantities(agentResources("", "."));
  const memoryMiB = Deno.systemMemoryInfo().total / MEBIBYTE;
  const offeredMiB = Number(quantities.get("mem")) / 1000;
  assert(offeredMiB > 0 && offeredMiB < memoryMiB);
  assert(Number(quantities.get("cpus")) > 0);
});
