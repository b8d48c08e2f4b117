import { assertEquals } from "@std/assert";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import { resourcesError } from "./resource_validation.ts";

const CPUS: MesosResource = { name: "cpus", type: "SCALAR", scalar: { value: 1 } };

const CASES: [Partial<MesosResource>, string | undefined][] = [
  [{}, undefined],
  [{ scalar: { value: 0 } }, undefined],
  [{ scalar: { value: -1 } }, "Invalid scalar resource: value <= 0"],
  [{ scalar: { value: NaN } }, "Invalid scalar resource: value <= 0"],
  [{ scalar: { value: 0.0001 } }, "Invalid scalar resource: value <= 0"],
  [{ scalar: undefined }, "Invalid scalar resource"],
  [{ name: "" }, "Empty resource name"],
  [{ type: "TEXT" }, "Unsupported resource type"],
  [{ type: "SET" }, "Unsupported resource type"],
  [{ type: "RANGES" }, "Unsupported resource type"],
  [{ type: "RANGES", ranges: { range: [{ begin: 1, end: 2 }] } }, undefined],
];

for (const [change, expected] of CASES) {
  Deno.test(`resourcesError() of ${JSON.stringify(change)} is ${expected ?? "none"}`, () => {
    const error = resourcesError([{ ...CPUS, ...change }]);
    assertEquals(error?.replace(/^Resource '.*?' is invalid: /, ""), expected);
  });
}

Deno.test("resourcesError() wants whole gpus, taken together", () => {
  const gpus = (value: number): MesosResource => ({ ...CPUS, name: "gpus", scalar: { value } });
  assertEquals(resourcesError([gpus(0.5)]), "The 'gpus' resource must be an unsigned integer");
  assertEquals(resourcesError([gpus(0.5), gpus(0.5)]), undefined);
});

Deno.test("resourcesError() wants one role", () => {
  const allocated = (role: string): MesosResource => ({ ...CPUS, allocation_info: { role } });
  assertEquals(resourcesError([allocated("a"), allocated("a")]), undefined);
  assertEquals(
    resourcesError([allocated("a"), allocated("b")]),
    "The resources have multiple allocation roles ('a' and 'b') but only one allocation role is" +
      " allowed",
  );
});
