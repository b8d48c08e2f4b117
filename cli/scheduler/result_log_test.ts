import { assertEquals } from "@std/assert";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { MessageBus } from "../../scheduler/message_bus.ts";
import { resultOf } from "../testing.ts";
import { ResultLog } from "./result_log.ts";

Deno.test("ResultLog writes what ends during a write at once, in order", async () => {
  const messageBus = new MessageBus();
  const inspection = { lastEnded: () => [{ result: resultOf(1) }], job: () => undefined };
  const writes: number[][] = [];
  const begun = Promise.withResolvers<void>();
  const isFree = Promise.withResolvers<void>();
  const write = async (results: readonly BatchJobResult[]) => {
    writes.push(results.map(({ jobID }) => jobID));
    begun.resolve();
    await isFree.promise;
  };
  const batchSystem = { messageBus, inspection } as unknown as MesosBatchSystem;
  const log = new ResultLog(batchSystem, { write, close() {} });
  await begun.promise;
  for (const jobID of [2, 3, 4]) messageBus.publish({ type: "JOB_ENDED", result: resultOf(jobID) });
  isFree.resolve();
  await log.close();
  assertEquals(writes, [[1], [2, 3, 4]]);
});
