import { assertEquals, assertMatch } from "@std/assert";
import type { RegisteredAgent } from "../mesos/master_agents.ts";
import { warnings } from "../tests/kit/log_lines.ts";
import { explainLack, UnofferedAgents } from "./unoffered_agents.ts";

const MASTER = new URL("http://127.0.0.1:5050");

function agent(hostname: string, rest: Partial<RegisteredAgent> = {}): RegisteredAgent {
  return { hostname, isActive: true, gpus: 0, ...rest };
}

const GPU = { gpus: 2 };
const AWAY = { isActive: false };

for (
  const [what, lack, agents, expected] of [
    ["no agent", "nodes", [], [/^No agent has registered/, 0, ""]],
    ["inactive agents", "nodes", [agent("a", AWAY)], [/are inactive/, 1, "a"]],
    ["only GPU agents", "nodes", [agent("a", GPU)], [/--no-filter_gpu_resources/, 1, "a"]],
    ["others' agents", "nodes", [agent("a", GPU), agent("b")], [/and offers none/, 2, "a, b"]],
    ["no GPUs", "gpus", [agent("a"), agent("b", { ...GPU, ...AWAY })], [/has GPUs: run/, 1, "a"]],
    [
      "others' GPUs",
      "gpus",
      [agent("x"), ...["a", "b", "c", "d"].map((name) => agent(name, GPU))],
      [/with GPUs are registered/, 4, "a, b, c, …"],
    ],
  ] as const
) {
  Deno.test(`explainLack() tells of ${what}`, () => {
    const { message, count, names } = explainLack(lack, agents);
    const [pattern, ...rest] = expected;
    assertMatch(message, pattern);
    assertEquals([count, names], rest);
  });
}

Deno.test("UnofferedAgents.tell() asks the master once for each lack, and survives a refusal", async () => {
  const asked: string[] = [];
  const unoffered = new UnofferedAgents((master) => {
    asked.push(master.href);
    return Promise.reject(new Error("HTTP 403"));
  });
  await unoffered.tell("nodes", { master: undefined, usesGpus: true });
  await unoffered.tell(undefined, { master: MASTER, usesGpus: true });
  for (const lack of ["nodes", "gpus"] as const) {
    await unoffered.tell(lack, { master: MASTER, usesGpus: true });
  }
  assertEquals(asked, [MASTER.href, MASTER.href]);
});

Deno.test("UnofferedAgents knows which agents their GPUs hide, until a job asks for GPUs", async () => {
  let agents = [agent("a"), agent("b", GPU), agent("c", { ...GPU, ...AWAY })];
  const unoffered = new UnofferedAgents(() => Promise.resolve(agents));
  assertEquals(unoffered.hidden, "");
  await unoffered.tell(undefined, { master: MASTER, usesGpus: false });
  assertEquals(unoffered.hidden, "b");
  agents = ["x", "y", "z", "w"].map((name) => agent(name, GPU));
  await unoffered.tell("nodes", { master: MASTER, usesGpus: false });
  assertEquals(unoffered.hidden, "x, y, z, …");
  await unoffered.tell("gpus", { master: MASTER, usesGpus: true });
  assertEquals(unoffered.hidden, "");
});

for (
  const [what, situation, agents, expected] of [
    [
      "no agent has registered",
      { lack: "nodes", usesGpus: false },
      [],
      "No agent has registered with the master 127.0.0.1:5050: check that agents run, ",
    ],
    [
      "the master offers no agent",
      { lack: "nodes", usesGpus: false },
      [agent("a"), agent("b")],
      "The master 127.0.0.1:5050 has 2 active agents (a, b) and offers none: check quotas, ",
    ],
    [
      "all agents hide behind their GPUs",
      { lack: "nodes", usesGpus: false },
      [agent("a", GPU)],
      "All 1 active agents of the master 127.0.0.1:5050 have GPUs (a): it offers them only to ",
    ],
    [
      "no agent has GPUs",
      { lack: "gpus", usesGpus: true },
      [agent("a")],
      "None of the 1 active agents of the master 127.0.0.1:5050 has GPUs: run agents with ",
    ],
    [
      "some agents hide behind their GPUs",
      { lack: undefined, usesGpus: false },
      [agent("a"), agent("b", GPU)],
      "Agents with GPUs are hidden (b): Mesos offers them only to frameworks with a job that ",
    ],
  ] as const
) {
  Deno.test(`UnofferedAgents.tell() warns once that ${what}`, async () => {
    const unoffered = new UnofferedAgents(() => Promise.resolve([...agents]));
    const { lack, usesGpus } = situation;
    const lines = await warnings(async () => {
      for (let i = 0; i < 3; i++) await unoffered.tell(lack, { master: MASTER, usesGpus });
    });
    assertEquals(lines.map((line) => line.slice(0, expected.length + 17)), [
      `WARN  scheduler: ${expected}`,
    ]);
  });
}
