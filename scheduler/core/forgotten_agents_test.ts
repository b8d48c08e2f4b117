import { assert, assertEquals } from "@std/assert";
import { LogicHarness, offer, spec } from "../testing.ts";
import { MAX_KNOWN_AGENTS, UNSEEN_AGENT_MS } from "./forgotten_agents.ts";

function agentIds({ state }: LogicHarness): string[] {
  return [...state.agents.keys()];
}

/** A scheduler with a job that no agent of one core can hold, so that it wants offers. */
function harnessWithWaitingJob(): LogicHarness {
  const harness = new LogicHarness();
  harness.subscribe();
  harness.issue(spec({ shape: { ...spec().shape, cpusMilli: 64_000 } }));
  return harness;
}

Deno.test("an agent that was not seen for a day is forgotten, unless it has jobs", () => {
  const harness = new LogicHarness();
  harness.launchOne();
  harness.offer(offer({ id: "o2", agentId: "gone" }));
  harness.nowMs += UNSEEN_AGENT_MS - 1_000;
  harness.offer(offer({ id: "o3", agentId: "alive" }));
  assertEquals(agentIds(harness), ["a1", "gone", "alive"]);
  harness.pass(2_000);
  assertEquals(agentIds(harness), ["a1", "alive"]);
  harness.offer(offer({ id: "o4", agentId: "gone" }));
  assertEquals(harness.eventTypes(), ["NODE_SEEN"]);
});

Deno.test("of more agents than any cluster has, those that were seen last are known", () => {
  const harness = harnessWithWaitingJob();
  const agentCount = MAX_KNOWN_AGENTS + 1_000;
  for (let i = 0; i < agentCount; i += 1_000) {
    harness.nowMs += 1;
    harness.offer(
      ...Array.from({ length: 1_000 }, (_, k) => offer({ id: `o${i + k}`, agentId: `b${i + k}` })),
    );
  }
  assert(harness.state.agents.size <= MAX_KNOWN_AGENTS);
  assert(harness.state.agents.has(`b${agentCount - 1}`));
  assert(!harness.state.agents.has("b0"));
});
