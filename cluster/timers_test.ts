import { assertEquals } from "@std/assert";
import { waitFor } from "../tests/kit/wait_for.ts";
import { timerName, Timers } from "./timers.ts";

Deno.test("Timers calls back once, and only the last of a name", async () => {
  const timers = new Timers();
  const fired: string[] = [];
  timers.set({ id: "a" }, 0, () => fired.push("replaced"));
  timers.set({ id: "a" }, 1, () => fired.push("a"));
  timers.set({ id: "b" }, 0, () => fired.push("cleared"));
  timers.clear({ id: "b" });
  timers.set({ id: "year" }, 365 * 86_400_000, () => fired.push("year"));
  await waitFor(() => fired.length > 0, "a timer");
  assertEquals(fired, ["a"]);
  timers.clearAll();
});

Deno.test("timerName() is the same for the same description", () => {
  assertEquals(timerName({ type: "A", id: "1" }), timerName({ id: "1", type: "A" }));
});
