import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatResources, parseResources } from "../../resources/resource_text.ts";
import {
  addResources,
  allocate as allocated,
  containsResources,
  type Resources,
  unallocate,
} from "../../resources/resource_arithmetic.ts";
import { Allocator } from "./allocator.ts";

const ROLE = new Set(["*"]);
const NONE = new Map<string, Resources>();

function newAllocator(): Allocator {
  return new Allocator({ allocationIntervalMs: 1000, shuffle: (items) => items });
}

function addFramework(allocator: Allocator, id: string, more = {}): void {
  allocator.addFramework(id, {
    roles: ROLE,
    suppressedRoles: new Set(),
    gpus: false,
    active: true,
    ...more,
  });
}

/** Who was offered what, in short. */
function allocate(allocator: Allocator, nowMs = 0): string[] {
  return allocator.allocate(nowMs).map(({ frameworkId, agentId, resources }) =>
    `${frameworkId} ${agentId} ${formatResources(unallocate(resources))}`
  );
}

function allocateAll(allocator: Allocator, nowMs = 0): string[] {
  allocator.requestAllocation();
  return allocate(allocator, nowMs);
}

Deno.test("allocate() offers a new agent, and all agents to a new framework, at once", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  assertEquals(allocator.due, false);
  allocator.addAgent("A", parseResources("cpus:4;mem:64;ports:[1-2]"), NONE);
  assertEquals(allocator.due, true);
  // Mesos puts what is never split first.
  assertEquals(allocate(allocator), ["F A ports:[1-2]; cpus:4; mem:64"]);
  assertEquals(allocateAll(allocator), []);
  addFramework(allocator, "G");
  assertEquals(allocator.due, true);
});

Deno.test("recovered resources wait for the next allocation", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:4"), NONE);
  const [allocation] = allocator.allocate(0);
  allocator.recover("F", "A", { resources: allocation?.resources ?? [], nowMs: 0 });
  assertEquals(allocator.due, false);
  assertEquals(allocateAll(allocator), ["F A cpus:4"]);
});

Deno.test("a filter holds for its time, for what was declined and any part of it", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:4;mem:64"), NONE);
  const [allocation] = allocator.allocate(0);
  const { resources = [] } = allocation ?? {};
  allocator.recover("F", "A", { resources, filters: {}, nowMs: 0 });
  assertEquals(allocateAll(allocator, 4999), []);
  assertEquals(allocateAll(allocator, 5000), ["F A cpus:4; mem:64"]);
});

Deno.test("a filter does not hold back more than was declined", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:4;mem:64"), NONE);
  allocator.allocate(0);
  const half = parseResources("cpus:2;mem:32").map((each) => ({
    ...each,
    allocation_info: { role: "*" },
  }));
  allocator.recover("F", "A", { resources: half, filters: { refuse_seconds: 60 }, nowMs: 0 });
  assertEquals(allocateAll(allocator, 1000), []);
  allocator.recover("F", "A", { resources: half, nowMs: 1000 });
  assertEquals(allocateAll(allocator, 1000), ["F A cpus:4; mem:64"]);
});

Deno.test("a short filter lasts for an interval, and one of no time not at all", () => {
  for (const [refuseSeconds, offered] of [[0.1, 0], [0, 1]] as const) {
    const allocator = newAllocator();
    addFramework(allocator, "F");
    allocator.addAgent("A", parseResources("cpus:4"), NONE);
    const [allocation] = allocator.allocate(0);
    const filters = { refuse_seconds: refuseSeconds };
    allocator.recover("F", "A", { resources: allocation?.resources ?? [], filters, nowMs: 0 });
    assertEquals(allocateAll(allocator, 999).length, offered);
  }
});

Deno.test("revive() forgets filters and suppression, and allocates at once", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:4"), NONE);
  const [allocation] = allocator.allocate(0);
  const filters = { refuse_seconds: 31536000 };
  allocator.recover("F", "A", { resources: allocation?.resources ?? [], filters, nowMs: 0 });
  allocator.suppress("F", []);
  assertEquals(allocateAll(allocator, 1e6), []);
  allocator.revive("F", []);
  assertEquals(allocator.due, true);
  assertEquals(allocate(allocator, 1e6), ["F A cpus:4"]);
});

Deno.test("suppressed, inactive and strange roles get no offers", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F", { roles: new Set(["a", "b"]), suppressedRoles: new Set(["a"]) });
  allocator.addAgent("A", parseResources("cpus(a):1;cpus(b):2;cpus(c):4"), NONE);
  assertEquals(allocate(allocator), ["F A cpus(reservations: [(STATIC,b)]):2"]);
  allocator.revive("F", ["a"]);
  assertEquals(allocate(allocator), ["F A cpus(reservations: [(STATIC,a)]):1"]);
  allocator.deactivateFramework("F");
  allocator.addAgent("B", parseResources("cpus:8"), NONE);
  assertEquals(allocate(allocator), []);
  allocator.activateFramework("F");
  assertEquals(allocate(allocator), ["F B cpus:8"]);
});

Deno.test("updateFramework() starts no allocation by itself", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F", { suppressedRoles: ROLE });
  allocator.addAgent("A", parseResources("cpus:1"), NONE);
  allocate(allocator);
  allocator.updateFramework("F", { roles: ROLE, suppressedRoles: new Set(), gpus: false });
  assertEquals(allocator.due, false);
  assertEquals(allocateAll(allocator), ["F A cpus:1"]);
});

Deno.test("agents with gpus are for frameworks that say that they know them", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:1;gpus:1"), NONE);
  assertEquals(allocate(allocator), []);
  addFramework(allocator, "G", { gpus: true });
  assertEquals(allocate(allocator), ["G A cpus:1; gpus:1"]);
});

Deno.test("less than 0.01 cpus and 32 MiB is not worth an offer", () => {
  for (
    const [text, offered] of [["cpus:0.009;mem:31;disk:99", 0], ["cpus:0.01", 1], [
      "mem:32",
      1,
    ]] as const
  ) {
    const allocator = newAllocator();
    addFramework(allocator, "F");
    allocator.addAgent("A", parseResources(text), NONE);
    assertEquals(allocate(allocator).length, offered, text);
  }
});

Deno.test("agents that are not active, or gone, are not offered", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  allocator.addAgent("A", parseResources("cpus:1"), NONE);
  allocator.setAgentActive("A", false);
  assertEquals(allocateAll(allocator), []);
  allocator.setAgentActive("A", true);
  assertEquals(allocator.due, false);
  assertEquals(allocateAll(allocator), ["F A cpus:1"]);
  allocator.removeAgent("A");
  assertEquals(allocateAll(allocator), []);
});

Deno.test("what agents say is used is not offered", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  const used = allocated(parseResources("cpus:3"), "*");
  allocator.addAgent("A", parseResources("cpus:4"), new Map([["G", used]]));
  assertEquals(allocate(allocator), ["F A cpus:1"]);
  addFramework(allocator, "G");
  allocator.removeFramework("G");
  assertEquals(allocateAll(allocator), ["F A cpus:3"]);
});

Deno.test("what a framework used that is not known is offered once it is recovered", () => {
  const allocator = newAllocator();
  addFramework(allocator, "F");
  const resources = allocated(parseResources("cpus:3"), "*");
  allocator.addAgent("A", parseResources("cpus:4"), new Map([["removed", resources]]));
  assertEquals(allocate(allocator), ["F A cpus:1"]);
  allocator.recover("removed", "A", { resources, nowMs: 0 });
  assertEquals(allocateAll(allocator), ["F A cpus:3"]);
});

Deno.test("who has least of what it has most comes first", () => {
  const allocator = newAllocator();
  for (const id of ["F", "G"]) addFramework(allocator, id);
  for (const id of ["A", "B", "C", "D"]) allocator.addAgent(id, parseResources("cpus:1"), NONE);
  const counts = Map.groupBy(allocator.allocate(0), ({ frameworkId }) => frameworkId);
  assertEquals([counts.get("F")?.length, counts.get("G")?.length], [2, 2]);
});

Deno.test("equal shares take turns", () => {
  const allocator = newAllocator();
  for (const id of ["F", "G"]) addFramework(allocator, id);
  allocator.addAgent("A", parseResources("cpus:1"), NONE);
  const taken = [0, 1, 2, 3].map((round) => {
    allocator.requestAllocation();
    const [allocation] = allocator.allocate(round);
    const { frameworkId = "", resources = [] } = allocation ?? {};
    allocator.recover(frameworkId, "A", { resources, nowMs: round });
    return frameworkId;
  });
  assertEquals(taken, ["F", "G", "F", "G"]);
});

Deno.test("no sequence of allocations and recoveries gives out more than there is", () => {
  const steps = fc.array(
    fc.record({ framework: fc.nat(2), keep: fc.boolean(), seconds: fc.nat(9) }),
    {
      maxLength: 30,
    },
  );
  fc.assert(fc.property(steps, (steps) => {
    const total = parseResources("cpus:4;mem:256;ports:[1-9]");
    const allocator = newAllocator();
    for (const id of ["0", "1", "2"]) addFramework(allocator, id);
    allocator.addAgent("A", total, NONE);
    let held: Resources = [];
    for (const [nowS, { keep, seconds }] of steps.entries()) {
      allocator.requestAllocation();
      for (const { frameworkId, resources } of allocator.allocate(nowS * 1000)) {
        held = addResources(held, unallocate(resources));
        assertEquals(containsResources(total, held), true);
        if (keep) continue;
        const filters = { refuse_seconds: seconds };
        allocator.recover(frameworkId, "A", { resources, filters, nowMs: nowS * 1000 });
        held = [];
      }
    }
  }));
});
