import { assertRejects } from "@std/assert";
import { BenchExecutor } from "./executor_process.ts";

Deno.test("BenchExecutor.firstUpdateMs() rejects when the process ends before it subscribes", async () => {
  await using executor = new BenchExecutor("false");
  await assertRejects(
    () => executor.firstUpdateMs(),
    Error,
    "Cannot measure the executor: it has ended with exit code 1",
  );
});
