import { assertEquals, assertMatch } from "@std/assert";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { configureRootLogger } from "../../support/log.ts";
import { MessageBus } from "../../scheduler/message_bus.ts";
import { resultOf } from "../testing.ts";
import { MAX_WAITING_RESULTS, ResultLog } from "./result_log.ts";

/** The ids of each write, where these jobs end while the first result, that of job 1, is written. */
async function writesDuring(jobIDs: readonly number[]): Promise<number[][]> {
  const messageBus = new MessageBus();
  const inspection = { lastEnded: () => [{ result: resultOf(1) }].values(), job: () => undefined };
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
  for (const jobID of jobIDs) messageBus.publish({ type: "JOB_ENDED", result: resultOf(jobID) });
  isFree.resolve();
  await log.close();
  return writes;
}

Deno.test("ResultLog writes what ends during a write at once, in order", async () => {
  assertEquals(await writesDuring([2, 3, 4]), [[1], [2, 3, 4]]);
});

Deno.test("ResultLog keeps the last results for a reader that does not come, and counts the others", async () => {
  const lines: string[] = [];
  configureRootLogger({ level: "WARN", format: "text", write: (line) => lines.push(line) });
  const jobIDs = Array.from({ length: MAX_WAITING_RESULTS + 5 }, (_, i) => i + 2);
  const writes = await writesDuring(jobIDs);
  configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  assertEquals(writes, [[1], jobIDs.slice(5)]);
  const [first = "", second = "", ...others] = lines;
  assertMatch(first, /results are not read.* the last 10000 are kept/);
  assertMatch(second, /5 results are left out/);
  assertEquals(others, []);
});
