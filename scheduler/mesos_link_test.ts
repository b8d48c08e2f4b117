import { assertEquals } from "@std/assert";
import { FrameworkRemovedError } from "../mesos/mesos_errors.ts";
import type { Scheduler, SchedulerDriver } from "../mesos/scheduler.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { MesosLink } from "./mesos_link.ts";

/** A driver of a master that removes each framework as soon as it is there. */
function removing(scheduler: Scheduler): SchedulerDriver {
  return {
    lastError: undefined,
    start() {
      queueMicrotask(() => scheduler.error(this, new FrameworkRemovedError("removed")));
    },
    send() {},
    stop: () => Promise.resolve(),
    teardown: () => Promise.resolve(true),
    join: () => Promise.resolve(),
  };
}

Deno.test("MesosLink waits before each framework that follows one that did not last", async () => {
  let drivers = 0;
  let waits = 0;
  const link = new MesosLink({
    createDriver: (scheduler) => {
      drivers++;
      return removing(scheduler);
    },
    info: () => ({ user: "u", name: "n" }),
    submit: ({ type }) => {
      if (type === "FRAMEWORK_REMOVED") link.connect();
    },
    failed: () => {},
    // After five short waits one that no test would outlast.
    backoff: { baseMs: 1e9, maxMs: 1e9, random: () => ++waits <= 5 ? 0 : 1 },
  });
  link.connect();
  await waitFor(() => waits === 6, "the sixth wait");
  assertEquals(drivers, 6);
  await link.stop();
});
