/**
 * Executors of agents that speak TLS with a certificate of a private authority: the command is the
 * one that a scheduler gives to its Mesos, run as an agent runs it.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  executorCallCodec,
  executorEventCodec,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../../mesos/wire/codec.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
} from "../../mesos/wire/messages.ts";
import { AGENT_INFO } from "../../executor/testing.ts";
import { offer } from "../../scheduler/testing.ts";
import { StubMesos } from "../kit/stub_mesos.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

function tls(name: string): string {
  return fileURLToPath(new URL(`../tls/${name}`, import.meta.url));
}

/** The task that a scheduler with these options launches. */
async function taskOf(place: Workplace, options: readonly string[]): Promise<TaskInfo> {
  const makeOffer = () => master.emit({ type: "OFFERS", offers: { offers: [offer()] } });
  const master: StubMesos<SchedulerCall, SchedulerEvent> = new StubMesos({
    callCodec: schedulerCallCodec,
    eventCodec: schedulerEventCodec,
    answer({ call }) {
      if (call.type === "REVIVE") makeOffer();
      return undefined;
    },
  });
  const scheduler = place.start([
    ...["scheduler", "--endpoint", `127.0.0.1:${master.port}`, "--jobs=-", ...options],
  ], { stdin: '{"command":"exit 4"}\n' });
  await master.received("SUBSCRIBE");
  const subscribed = { framework_id: { value: "f" }, heartbeat_interval_seconds: 15 };
  master.emit({ type: "SUBSCRIBED", subscribed });
  makeOffer();
  const { call } = await master.received("ACCEPT");
  scheduler.kill("SIGKILL");
  await scheduler.ended;
  await master.abandon();
  await place.sweep();
  const [task] = call.accept?.operations?.[0]?.launch?.task_infos ?? [];
  assert(task);
  return task;
}

/** An agent with a certificate of a private authority. */
function startAgent(): StubMesos<ExecutorCall, ExecutorEvent> {
  const agent: StubMesos<ExecutorCall, ExecutorEvent> = new StubMesos({
    callCodec: executorCallCodec,
    eventCodec: executorEventCodec,
    tls: {
      cert: Deno.readTextFileSync(tls("server.pem")),
      key: Deno.readTextFileSync(tls("server.key")),
    },
    answer({ call }) {
      const { task_id, uuid } = call.update?.status ?? {};
      if (task_id && uuid) agent.emit({ type: "ACKNOWLEDGED", acknowledged: { task_id, uuid } });
      return undefined;
    },
  });
  return agent;
}

function startExecutor(place: Workplace, { executor }: TaskInfo, port: number): Running {
  const { value = "", environment } = executor?.command ?? {};
  const variables = (environment?.variables ?? []).map(({ name, value = "" }) => [name, value]);
  return place.startCommand(["sh", "-c", value], {
    env: {
      ...Object.fromEntries(variables),
      LIBPROCESS_SSL_ENABLED: "1",
      MESOS_AGENT_ENDPOINT: `127.0.0.1:${port}`,
      MESOS_SANDBOX: place.at("sandbox"),
      MESOS_DIRECTORY: place.at("sandbox"),
      MESOS_FRAMEWORK_ID: "f",
      MESOS_EXECUTOR_ID: executor?.executor_id.value ?? "",
      MESOS_CHECKPOINT: "1",
    },
  });
}

Deno.test("an executor with --executor-ca-file runs jobs for an agent with a private certificate", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("sandbox"));
  const task = await taskOf(place, ["--executor-ca-file", tls("ca.pem")]);
  const agent = startAgent();
  const executor = startExecutor(place, task, agent.port);
  await agent.received("SUBSCRIBE");
  assert(task.executor);
  agent.emit({
    type: "SUBSCRIBED",
    subscribed: {
      executor_info: task.executor,
      framework_info: { user: "u", name: "n" },
      agent_info: AGENT_INFO,
    },
  });
  agent.emit({ type: "LAUNCH", launch: { task } });
  const states = [];
  for (let n = 1; states.at(-1) !== "TASK_FAILED"; n++) {
    states.push((await agent.received("UPDATE", n)).call.update?.status.state);
  }
  assertEquals(states[0], "TASK_STARTING");
  agent.emit({ type: "SHUTDOWN" });
  assertEquals((await executor.ended).code, 0);
  await agent.stop();
});

Deno.test("an executor that does not trust its agent says what to do, and ends", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("sandbox"));
  const task = await taskOf(place, []);
  const agent = startAgent();
  const { code, stderr } = await startExecutor(place, task, agent.port).ended;
  assertEquals(code, 1);
  assertMatch(stderr, /Cannot reach https:.*its certificate is not trusted.*--executor-ca-file/);
  assertEquals(agent.calls, []);
  await agent.stop();
});
