import { assertEquals, assertStrictEquals } from "@std/assert";
import { shape, spec } from "../testing.ts";
import { MAX_SHARED_SHAPES, SharedParts } from "./shared_parts.ts";

Deno.test("SharedParts gives equal shapes back as one object, and no other", () => {
  const parts = new SharedParts();
  const first = parts.shape(shape());
  assertStrictEquals(parts.shape(shape()), first);
  const other = shape({ preemptible: true });
  assertStrictEquals(parts.shape(other), other);
});

Deno.test("SharedParts shares an environment with the one before it", () => {
  const parts = new SharedParts();
  const environments = [{ A: "1" }, { A: "1" }, { A: "2" }, { B: "2" }, {}, {}]
    .map((environment) => parts.share(spec({ environment })).environment);
  assertEquals(environments.map((each) => ({ ...each })), [
    { A: "1" },
    { A: "1" },
    { A: "2" },
    { B: "2" },
    {},
    {},
  ]);
  assertStrictEquals(environments[1], environments[0]);
  assertStrictEquals(environments[5], environments[4]);
});

Deno.test("SharedParts does not change what it shares", () => {
  const parts = new SharedParts();
  for (const command of ["true", "false"]) {
    const given = () => spec({ command, environment: { A: "1" } });
    assertEquals(parts.share(given()), given());
  }
});

Deno.test("SharedParts knows a bounded number of shapes", () => {
  const parts = new SharedParts();
  const first = parts.shape(shape());
  for (let gpus = 1; gpus <= MAX_SHARED_SHAPES; gpus++) parts.shape(shape({ gpus }));
  const again = shape();
  assertStrictEquals(parts.shape(again), again);
  assertEquals(again, first);
});
