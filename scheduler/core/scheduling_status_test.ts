import { assertEquals, assertStringIncludes } from "@std/assert";
import { EXECUTOR_BACKOFF_MS } from "./agent_rest.ts";
import { schedulingStatus } from "./scheduling_status.ts";
import { SILENCE_MS } from "./signs_of_life.ts";
import { LogicHarness, MIB, offer, SETTINGS, shape, spec } from "../testing.ts";

function status(harness: LogicHarness): string | undefined {
  return schedulingStatus(harness.state, SETTINGS, { blockedOnly: false, nowMs: harness.nowMs });
}

Deno.test("schedulingStatus() says nothing as long as no job waits", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  assertEquals(status(harness), undefined);
});

Deno.test("schedulingStatus() tells jobs that wait for their turn from jobs that wait in vain", () => {
  const harness = new LogicHarness();
  harness.launchOne({ shape: shape({ cpusMilli: 4000 }) });
  harness.issue(spec(), spec());
  assertEquals(
    status(harness),
    "2 jobs wait for 1 core and 64 MiB of memory each: waiting for running jobs to end: all nodes that could hold it are busy",
  );
  assertEquals(
    schedulingStatus(harness.state, SETTINGS, { blockedOnly: true, nowMs: harness.nowMs }),
    undefined,
  );
});

Deno.test("schedulingStatus() leaves ignored nodes out, and says so", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: shape({ cpusMilli: 3000 }) }));
  harness.run({ type: "IGNORE_NODE", node: "ip-of-large" });
  harness.offer(offer({ id: "o1", agentId: "large" }));
  assertEquals(
    status(harness),
    "1 job waits for 3 cores and 64 MiB of memory each: all known nodes are ignored",
  );
  harness.offer(offer({ id: "o2", agentId: "small", cpus: 2 }));
  assertEquals(
    status(harness),
    "1 job waits for 3 cores and 64 MiB of memory each: the largest node offers 2 cores, leaving out what is ignored",
  );
});

Deno.test("schedulingStatus() knows that the executor needs something, too", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: shape({ memoryBytes: 1024 * MIB }) }));
  assertEquals(harness.offer(offer({ mem: 1024 })), []);
  assertEquals(
    status(harness),
    "1 job waits for 1 core and 1 GiB of memory each: the largest node offers 992 MiB of memory",
  );
});

Deno.test("schedulingStatus() says so where the executor itself does not fit", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec());
  assertEquals(harness.offer(offer({ mem: 16 })), []);
  assertEquals(
    status(harness),
    "1 job waits for 1 core and 64 MiB of memory each: the executor itself needs 32 MiB of " +
      "memory, and no node has that: the nearest, ip-of-a1, offers 16 MiB of memory; " +
      "free some there, or lower --executor-memory",
  );
});

Deno.test("schedulingStatus() says what agents need to offer GPUs", () => {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: shape({ gpus: 1 }) }));
  harness.offer(offer());
  assertStringIncludes(status(harness) ?? "", "no node offers GPUs: agents offer them where");
});

Deno.test("schedulingStatus() says so where all nodes rest after failed launches", () => {
  const harness = new LogicHarness();
  harness.report(harness.launchOne(), "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_TERMINATED",
  });
  assertStringIncludes(status(harness) ?? "", "all nodes that could hold it rest after failed");
  const blocked = () =>
    schedulingStatus(harness.state, SETTINGS, { blockedOnly: true, nowMs: harness.nowMs });
  assertStringIncludes(blocked() ?? "", "rest after failed launches");
  harness.nowMs += EXECUTOR_BACKOFF_MS;
  assertEquals(blocked(), undefined);
});

Deno.test("schedulingStatus() says so where executors do not answer", () => {
  const harness = new LogicHarness();
  const taskId = harness.launchOne();
  harness.report(taskId, "TASK_RUNNING");
  harness.issue(spec());
  harness.pass(SILENCE_MS);
  assertStringIncludes(
    status(harness) ?? "",
    "the executors on all nodes that could hold it do not answer",
  );
  harness.report(taskId, "TASK_RUNNING");
  assertStringIncludes(status(harness) ?? "", "all nodes that could hold it are busy");
});
