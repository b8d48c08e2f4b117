import { assertEquals, assertNotEquals } from "@std/assert";
import { executorIdFor } from "./executor_id.ts";
import { scalar } from "./testing.ts";

Deno.test("executorIdFor() names equal executors alike and others otherwise, in any order", () => {
  const command = { shell: true, value: "executor" };
  const [small, large] = [[scalar("mem", 32)], [scalar("mem", 64)]];
  const name = executorIdFor(command, small);
  assertNotEquals(executorIdFor(command, large), name);
  assertEquals(executorIdFor({ ...command }, [scalar("mem", 32)]), name);
  assertNotEquals(executorIdFor({ ...command, value: "another" }, small), name);
  assertEquals(executorIdFor(command, small), name);
});
