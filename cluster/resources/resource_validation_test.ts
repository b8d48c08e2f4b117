import { assertEquals } from "@std/assert";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import { allocationRoleError, resourceListError, resourcesError } from "./resource_validation.ts";

const CPUS: MesosResource = { name: "cpus", type: "SCALAR", scalar: { value: 1 } };

function error(change: Partial<MesosResource>): string | undefined {
  return resourceListError([{ ...CPUS, ...change }])?.replace(/^Resource '.*?' is invalid: /, "");
}

const CASES: [Partial<MesosResource>, string | undefined][] = [
  [{}, undefined],
  [{ scalar: { value: 0 } }, undefined],
  [{ scalar: { value: -1 } }, "Invalid scalar resource: value <= 0"],
  [{ scalar: { value: 0.0001 } }, "Invalid scalar resource: value <= 0"],
  [{ scalar: undefined }, "Invalid scalar resource"],
  [{ name: "" }, "Empty resource name"],
  [{ type: "TEXT" }, "Unsupported resource type"],
  [{ type: "RANGES" }, "Invalid ranges resource"],
  [
    { type: "RANGES", scalar: undefined, ranges: { range: [{ begin: 2, end: 1 }] } },
    "Invalid ranges resource: begin > end",
  ],
  [
    {
      type: "RANGES",
      scalar: undefined,
      ranges: { range: [{ begin: 1, end: 5 }, { begin: 5, end: 6 }] },
    },
    "Invalid ranges resource: overlapping ranges",
  ],
  [
    { type: "SET", scalar: undefined, set: { item: ["a", "a"] } },
    "Invalid set resource: duplicated elements",
  ],
  [{ type: "SET" }, "Invalid set resource"],
];

for (const [change, expected] of CASES) {
  Deno.test(`resourceListError() of ${JSON.stringify(change)} is ${expected ?? "none"}`, () => {
    assertEquals(error(change), expected);
  });
}

Deno.test("resourcesError() wants whole gpus, taken together", () => {
  const gpus = (value: number): MesosResource => ({ ...CPUS, name: "gpus", scalar: { value } });
  assertEquals(
    resourcesError([gpus(0.5)]),
    "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer",
  );
  assertEquals(resourcesError([gpus(0.5), gpus(0.5)]), undefined);
});

Deno.test("resourcesError() names a resource that is bad by itself", () => {
  assertEquals(
    resourcesError([{ ...CPUS, name: "" }]),
    "Invalid resources: Resource ':1' is invalid: Empty resource name",
  );
});

Deno.test("allocationRoleError() wants one role", () => {
  const allocated = (role: string): MesosResource => ({ ...CPUS, allocation_info: { role } });
  assertEquals(allocationRoleError([allocated("a"), allocated("a")]), undefined);
  assertEquals(allocationRoleError([CPUS]), "The resources are not allocated to a role");
  assertEquals(
    allocationRoleError([allocated("a"), allocated("b")]),
    "The resources have multiple allocation roles ('b' and 'a') but only one allocation role is" +
      " allowed",
  );
});
