import { assertEquals } from "@std/assert";
import { type InterruptingSignal, Interruption } from "./interruption.ts";

/** What follows from signals at these times, in milliseconds. */
function follow(
  signals: readonly (readonly [number, InterruptingSignal])[],
  { ignoresHangUp = false } = {},
): string[] {
  const told: string[] = [];
  let nowMs = 0;
  const interruption = new Interruption({
    ignoresHangUp,
    interrupted: (signal) => told.push(signal),
    leaveAtOnce: () => told.push("at once"),
    now: () => nowMs,
  });
  for (const [ms, signal] of signals) {
    nowMs = ms;
    interruption.signal(signal);
  }
  return told;
}

Deno.test("Interruption tells of the first signal, and of impatience after it", () => {
  assertEquals(follow([[0, "SIGINT"], [900, "SIGINT"]]), ["SIGINT", "at once"]);
  assertEquals(follow([[0, "SIGTERM"], [900, "SIGINT"]]), ["SIGTERM", "at once"]);
});

Deno.test("Interruption takes what comes twice at the same time for one wish", () => {
  assertEquals(follow([[0, "SIGTERM"], [1, "SIGTERM"], [200, "SIGINT"]]), ["SIGTERM"]);
});

Deno.test("Interruption takes no hang-up for impatience, and none at all under nohup", () => {
  assertEquals(follow([[0, "SIGHUP"], [900, "SIGHUP"]]), ["SIGHUP"]);
  const ignoring = { ignoresHangUp: true };
  assertEquals(follow([[0, "SIGHUP"], [900, "SIGTERM"]], ignoring), ["SIGTERM"]);
});
