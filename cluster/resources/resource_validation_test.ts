import { assertEquals } from "@std/assert";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import {
  allocationRoleError,
  resourceListError,
  resourcesError,
  revocableError,
} from "./resource_validation.ts";

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
  [{ role: "a b" }, "Role component 'a b' is invalid because it contains backspace or whitespace"],
  [
    { reservation: {} },
    'Invalid reservation: role "*" cannot be dynamically reserved',
  ],
  [
    { role: "a", reservation: { role: "a" } },
    "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field",
  ],
  [
    { reservations: [{ role: "a" }] },
    "Invalid reservation: 'Resource.ReservationInfo.type' field must be set.",
  ],
  [
    { reservations: [{ type: "STATIC", role: "*" }] },
    'Invalid reservation: role "*" cannot be reserved',
  ],
  [
    { reservations: [{ type: "STATIC", role: "a" }, { type: "DYNAMIC", role: "b" }] },
    "Invalid refined reservation: role 'b' is not a refinement of 'a'",
  ],
  [
    { role: "b", reservations: [{ type: "STATIC", role: "a" }] },
    "Invalid resource format: 'Resource.role' field with 'b' does not match the role 'a' in" +
    " 'Resource.reservations'",
  ],
  [{ type: "SET" }, "Invalid set resource"],
  [
    { reservations: [{ type: "DYNAMIC", role: "a" }, { type: "STATIC", role: "a/b" }] },
    "Invalid refined reservation: A refined reservation cannot be STATIC",
  ],
  [{ reservations: [{ type: "STATIC", role: "a" }, { type: "DYNAMIC", role: "a/b" }] }, undefined],
  [{ role: "a", reservations: [{ type: "STATIC", role: "a" }] }, undefined],
  [
    { role: "a", reservations: [{ type: "STATIC", role: "a" }, { type: "DYNAMIC", role: "a/b" }] },
    "Invalid resource format: 'Resource.role' must not be set if there is more than one" +
    " reservation in 'Resource.reservations'",
  ],
  [
    { reservations: [{ type: "STATIC", role: "-a" }] },
    "Role component '-a' is invalid because it starts with a dash",
  ],
  [{ disk: {} }, "DiskInfo should not be set for cpus resource"],
  [{ shared: {} }, "Resource cpus cannot be shared"],
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

const RESERVED: MesosResource["reservations"] = [{ type: "STATIC", role: "a" }];

const DISKS: [Partial<MesosResource>, string | undefined][] = [
  [{ disk: {} }, "DiskInfo is set but empty"],
  [
    { disk: { persistence: { id: "v" } } },
    "Persistent volumes cannot be created from unreserved resources",
  ],
  [
    { disk: { persistence: { id: "v" } }, reservations: RESERVED },
    "Expecting 'volume' to be set for persistent volume",
  ],
  [
    { disk: { persistence: { id: "v" } }, reservations: RESERVED, revocable: {} },
    "Persistent volumes cannot be created from revocable resources",
  ],
  [
    {
      disk: {
        persistence: { id: "v" },
        volume: { mode: "RW", container_path: "p", host_path: "/p" },
      },
      reservations: RESERVED,
    },
    "Expecting 'host_path' to be unset for persistent volume",
  ],
  [
    { disk: { volume: { mode: "RW", container_path: "p" } } },
    "Non-persistent volume not supported",
  ],
  [
    {
      disk: { persistence: { id: "v" }, volume: { mode: "RW", container_path: "p" } },
      reservations: RESERVED,
    },
    undefined,
  ],
];

for (const [change, expected] of DISKS) {
  Deno.test(`resourcesError() of ${JSON.stringify(change)} is ${expected ?? "none"}`, () => {
    const error = resourcesError([{ ...CPUS, name: "disk", ...change }]);
    assertEquals(error, expected && `Invalid DiskInfo: ${expected}`);
  });
}

Deno.test("resourcesError() names a resource that is bad by itself", () => {
  assertEquals(
    resourcesError([{ ...CPUS, name: "" }]),
    "Invalid resources: Resource ':1' is invalid: Empty resource name",
  );
  assertEquals(
    resourcesError([{ ...CPUS, name: "disk", shared: {} }]),
    "Invalid resources: Resource 'disk<SHARED>:1' is invalid: Only persistent volumes can be shared",
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

Deno.test("revocableError() wants a name to be of one kind", () => {
  assertEquals(revocableError([CPUS, CPUS]), undefined);
  assertEquals(
    revocableError([CPUS, { ...CPUS, revocable: {} }]),
    "Cannot use both revocable and non-revocable 'cpus' at the same time",
  );
});
