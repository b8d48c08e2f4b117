import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import { OfferedResources } from "./offered_resources.ts";
import { NOTHING } from "./quantities.ts";

const MIB = 2 ** 20;

function scalar(name: string, value: number, rest: Partial<MesosResource> = {}): MesosResource {
  return {
    name,
    type: "SCALAR",
    scalar: { value },
    role: "*",
    allocation_info: { role: "*" },
    ...rest,
  };
}

Deno.test("OfferedResources takes what it is asked for, as it was offered", () => {
  const offered = new OfferedResources([
    { name: "ports", type: "RANGES", ranges: { range: [{ begin: 31000, end: 32000 }] } },
    scalar("cpus", 4),
    scalar("mem", 4096),
    scalar("disk", 10000),
  ]);
  assertEquals(
    offered.take({ cpusMilli: 500, memoryBytes: 64 * MIB, diskBytes: 10 * MIB, gpus: 0 }),
    [scalar("cpus", 0.5), scalar("mem", 64), scalar("disk", 10)],
  );
  assertEquals(offered.available(), {
    cpusMilli: 3500,
    memoryBytes: 4032 * MIB,
    diskBytes: 9990 * MIB,
    gpus: 0,
  });
});

Deno.test("OfferedResources takes reserved entries first, each with its own reservation", () => {
  const dynamic = {
    role: "batch",
    reservation: { principal: "p" },
    allocation_info: { role: "batch" },
  };
  const refined = {
    role: "*",
    reservations: [{ type: "STATIC" as const, role: "batch" }],
    allocation_info: { role: "batch" },
  };
  const plain = { allocation_info: { role: "batch" } };
  const offered = new OfferedResources([
    scalar("cpus", 1, plain),
    scalar("cpus", 2, dynamic),
    scalar("cpus", 0.5, refined),
  ]);
  assertEquals(offered.take({ ...NOTHING, cpusMilli: 3000 }), [
    scalar("cpus", 2, dynamic),
    scalar("cpus", 0.5, refined),
    scalar("cpus", 0.5, plain),
  ]);
});

Deno.test("OfferedResources leaves alone what is not for passing jobs", () => {
  const offered = new OfferedResources([
    scalar("disk", 100),
    scalar("disk", 1000, { disk: { source: { type: "MOUNT", mount: { root: "/m" } } } }),
    scalar("disk", 1000, { disk: { persistence: { id: "v" } } }),
    scalar("cpus", 8, { revocable: {} }),
    scalar("mem", 64, { shared: {} }),
    scalar("bananas", 5),
  ]);
  assertEquals(offered.available(), { ...NOTHING, diskBytes: 100 * MIB });
});

Deno.test("OfferedResources takes all or nothing", () => {
  const offered = new OfferedResources([scalar("cpus", 1), scalar("mem", 10)]);
  assertThrows(
    () => offered.take({ ...NOTHING, cpusMilli: 500, memoryBytes: 11 * MIB }),
    RangeError,
    "memoryBytes",
  );
  assertEquals(offered.available(), { ...NOTHING, cpusMilli: 1000, memoryBytes: 10 * MIB });
});

Deno.test("OfferedResources reads Mesos' doubles as thousandths", () => {
  const offered = new OfferedResources([scalar("cpus", 0.1 + 0.2), scalar("cpus", 3.9999999)]);
  assertEquals(offered.available().cpusMilli, 4300);
});

Deno.test("OfferedResources.take() takes exactly what it is asked for", () => {
  const entries = fc.array(fc.record({
    name: fc.constantFrom("cpus", "mem", "disk", "gpus"),
    value: fc.integer({ min: 0, max: 64 }),
    role: fc.constantFrom("*", "batch"),
  }));
  const amount = fc.integer({ min: 0, max: 128 });
  fc.assert(fc.property(entries, amount, amount, (given, cpus, mem) => {
    const offered = new OfferedResources(
      given.map(({ name, value, role }) => scalar(name, value, { role })),
    );
    const before = offered.available();
    const need = {
      ...NOTHING,
      cpusMilli: Math.min(cpus * 1000, before.cpusMilli),
      memoryBytes: Math.min(mem * MIB, before.memoryBytes),
    };
    const taken = new OfferedResources(offered.take(need)).available();
    assertEquals(taken, need);
    assertEquals(offered.available(), {
      ...before,
      cpusMilli: before.cpusMilli - need.cpusMilli,
      memoryBytes: before.memoryBytes - need.memoryBytes,
    });
  }));
});
