import { assertEquals } from "@std/assert";
import { NodeInfoReporter, type NodeInfoReporterOptions } from "./node_info_reporter.ts";

/** A reporter whose timers run when told to. */
function reporterWith(options: NodeInfoReporterOptions = {}) {
  const timers: { callback: () => void; ms: number; isCancelled: boolean }[] = [];
  const reporter = new NodeInfoReporter({
    setTimer(callback, ms) {
      const timer = { callback, ms, isCancelled: false };
      timers.push(timer);
      return () => timer.isCancelled = true;
    },
    ...options,
  });
  return { reporter, timers };
}

Deno.test("NodeInfoReporter.start() reports at once and then every 20 to 30 s", () => {
  const draws = [0, 0.999_999, 0.5];
  const { reporter, timers } = reporterWith({ random: () => draws.shift() ?? 0 });
  let reports = 0;
  reporter.start(() => reports++);
  assertEquals(reports, 1);
  timers[0]?.callback();
  timers[1]?.callback();
  assertEquals(reports, 3);
  assertEquals(timers.map(({ ms }) => Math.round(ms)), [20_000, 30_000, 25_000]);
});

Deno.test("NodeInfoReporter.start() goes on when a report fails", () => {
  const { reporter, timers } = reporterWith();
  let reports = 0;
  reporter.start(() => {
    reports++;
    throw new Error("cannot measure");
  });
  timers[0]?.callback();
  assertEquals([reports, timers.length], [2, 2]);
});

Deno.test("NodeInfoReporter.stop() falls silent, and starting again does not double it", () => {
  const { reporter, timers } = reporterWith();
  reporter.stop();
  reporter.start(() => {});
  reporter.start(() => {});
  assertEquals(timers.map(({ isCancelled }) => isCancelled), [true, false]);
  reporter.stop();
  assertEquals(timers.map(({ isCancelled }) => isCancelled), [true, true]);
});

Deno.test("NodeInfoReporter leaves no timer of its own behind", () => {
  const reporter = new NodeInfoReporter();
  reporter.start(() => {});
  reporter.stop();
});
