import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { startMaster } from "../../cluster/cluster.ts";
import { TestScheduler } from "../../cluster/testing.ts";
import { ScriptedExecutor } from "../../cluster/agent/testing.ts";
import {
  executorCallCodec,
  executorEventCodec,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../../mesos/wire/codec.ts";
import type {
  ExecutorEvent,
  FrameworkInfo,
  SchedulerCall,
  SchedulerEvent,
} from "../../mesos/wire/messages.ts";
import { isAlive } from "../../process/process_table.ts";
import { embeddedAgent } from "../kit/mesos_processes.ts";
import { freePort } from "../kit/ports.ts";
import { Service } from "../kit/service.ts";
import { waitFor } from "../kit/wait_for.ts";
import { assertSameEvents, essential, readCapture, readEvents } from "./cluster_captures.ts";

const EXECUTOR_COMMAND = "exec /usr/local/bin/capture-executor-pb";
const OUR_COMMAND = "exec sleep 1000";

function schedulerCall(name: string): SchedulerCall {
  return schedulerCallCodec.decode(readCapture(`scheduler-protobuf/call-${name}.pb`));
}

function capturedFramework(name: string): FrameworkInfo {
  const info = schedulerCall(name).subscribe?.framework_info;
  assert(info);
  return info;
}

/** The captured calls, with our ids in them. */
class Caller {
  scheduler: TestScheduler;
  agentId = "";
  #offerId = "";

  constructor(scheduler: TestScheduler) {
    this.scheduler = scheduler;
  }

  make(name: string): Promise<void> {
    const { framework_id: _, ...call } = schedulerCall(name);
    const tasks = (call.accept?.operations ?? []).flatMap(({ launch }) => launch?.task_infos ?? []);
    const named = [...tasks, ...call.reconcile?.tasks ?? [], call.acknowledge, call.message];
    for (const part of named) if (part?.agent_id) part.agent_id.value = this.agentId;
    for (const { executor } of tasks) if (executor?.command) executor.command.value = OUR_COMMAND;
    for (const id of call.accept?.offer_ids ?? []) id.value = this.#offerId;
    return this.scheduler.call(call);
  }

  /** Accepts the next offer as was captured. */
  async accept(name: string): Promise<void> {
    const [offer] = await this.scheduler.offers();
    assert(offer);
    this.agentId = offer.agent_id.value;
    this.#offerId = offer.id.value;
    await this.make(name);
  }
}

async function executorCall(executor: ScriptedExecutor, name: string): Promise<void> {
  const path = `executor-protobuf/call-${name}.pb`;
  const { framework_id: _, ...call } = executorCallCodec.decode(readCapture(path));
  assertEquals((await executor.send(call)).status, 202);
}

function taskOf({ update }: SchedulerEvent): string | undefined {
  return update?.status.task_id.value;
}

/** Events of the executor, with the command of the capture in them. */
function withCapturedCommand(events: readonly ExecutorEvent[]): ExecutorEvent[] {
  return events.map((event) => {
    const copy = structuredClone(event);
    for (const info of [copy.subscribed?.executor_info, copy.launch?.task.executor]) {
      if (info?.command) info.command.value = EXECUTOR_COMMAND;
    }
    return copy;
  });
}

function assertSchedulerStream(events: readonly SchedulerEvent[], name: string): void {
  const path = `scheduler-protobuf/${name}.pb.recordio`;
  const captured = readEvents(path, schedulerEventCodec, PROTOBUF);
  assertSameEvents(essential(events), essential(captured), taskOf);
}

function assertExecutorStream(events: readonly ExecutorEvent[], name: string): void {
  const path = `executor-protobuf/${name}.pb.recordio`;
  const captured = readEvents(path, executorEventCodec, PROTOBUF);
  assertSameEvents(withCapturedCommand(events), captured, () => undefined);
}

Deno.test("an agent killed and restarted, a master restarted, an agent out of reach: as a real Mesos", async () => {
  const directory = await Deno.makeTempDir();
  const masterOptions = {
    workDirectory: join(directory, "master"),
    allocationIntervalMs: 1_000,
    agentPingTimeoutMs: 250,
    maxAgentPingTimeouts: 4,
  };
  let master = startMaster(masterOptions);
  const agentOptions = {
    master: master.url.href,
    workDirectory: join(directory, "agent"),
    port: freePort(),
    resources: "cpus:4;mem:4096;disk:10000",
    attributes: "preemptible:false;rack:r1",
    registrationBackoffMs: 50,
    executorReregistrationTimeoutMs: 500,
    executorShutdownGracePeriodMs: 50,
    // As the agents of the captures.
    isolateCpus: false,
    switchUser: false,
  };
  const agent = new Service({
    name: "agent",
    command: embeddedAgent(agentOptions),
    env: {},
    log: join(directory, "agent.log"),
  });
  agent.start();
  const agentUrl = new URL(`http://127.0.0.1:${agentOptions.port}`);
  let pid: number | undefined;
  try {
    let scheduler = await TestScheduler.subscribe(master.url, {
      framework: capturedFramework("01-SUBSCRIBE"),
    });
    const caller = new Caller(scheduler);
    const { frameworkId } = scheduler;
    await caller.accept("02-ACCEPT");
    let executor = await ScriptedExecutor.subscribe({ agent: agentUrl, frameworkId });
    await executor.event("LAUNCH");
    await executorCall(executor, "update-ok-1");
    await scheduler.update("ok", "TASK_RUNNING");
    await caller.make("03-ACKNOWLEDGE");
    await executorCall(executor, "update-ok-2");
    await scheduler.update("ok", "TASK_FINISHED");
    await caller.make("04-ACKNOWLEDGE");
    await caller.accept("05-ACCEPT");
    await executor.event("LAUNCH");
    await executorCall(executor, "update-long-1");
    const running = await scheduler.update("long", "TASK_RUNNING");
    pid = running.container_status?.executor_pid;
    await caller.make("06-ACKNOWLEDGE");
    await caller.make("07-MESSAGE");
    await executor.event("MESSAGE");
    await executorCall(executor, "message");
    await scheduler.event("MESSAGE");
    await caller.accept("08-ACCEPT");
    await executor.event("LAUNCH");
    await executorCall(executor, "update-mid-1");
    await scheduler.update("mid", "TASK_RUNNING");

    await agent.kill();
    await executor.finished();
    assertExecutorStream(executor.events, "stream-01");
    await caller.make("09-ACKNOWLEDGE");
    await scheduler.update("long", "TASK_UNREACHABLE");
    await scheduler.update("mid", "TASK_UNREACHABLE");
    await scheduler.event("FAILURE");

    agent.start();
    const resubscription = executorCallCodec.decode(
      readCapture("executor-protobuf/call-subscribe-2-unacknowledged.pb"),
    );
    const made = resubscription.subscribe?.unacknowledged_updates ?? [];
    executor = await ScriptedExecutor.subscribe({
      agent: agentUrl,
      frameworkId,
      unacknowledgedUpdates: made.map(({ status }) => status),
    });
    await scheduler.update("mid", "TASK_RUNNING");
    await caller.make("11-ACKNOWLEDGE");
    await waitFor(
      () =>
        scheduler.events.find(({ update }) =>
          update?.status.message === "0" &&
          update.status.task_id.value === "mid"
        ),
      "the executor's own report of mid",
    );
    await caller.make("12-ACKNOWLEDGE");
    await scheduler.offers();
    assertSchedulerStream(scheduler.events, "stream-01");

    agent.pause();
    await master.crash();
    await scheduler.finished();
    master = startMaster({ ...masterOptions, port: Number(master.url.port) });
    scheduler = await TestScheduler.subscribe(master.url, {
      framework: { ...capturedFramework("15-SUBSCRIBE"), id: { value: frameworkId } },
    });
    caller.scheduler = scheduler;
    await caller.make("16-RECONCILE");
    await assertUnanswered(scheduler, "long");
    agent.resume();
    const [offer] = await scheduler.offers();
    await caller.make("17-RECONCILE");
    await scheduler.update("long", "TASK_RUNNING");
    await caller.make("18-RECONCILE");
    await scheduler.update("long", "TASK_RUNNING");

    agent.pause();
    await scheduler.update("long", "TASK_UNREACHABLE");
    const { rescind } = await scheduler.event("RESCIND");
    assertEquals(rescind?.offer_id, offer?.id);
    await scheduler.event("FAILURE");
    agent.resume();
    await scheduler.update("long", "TASK_RUNNING");
    await scheduler.offers();
    await caller.make("19-TEARDOWN");
    await scheduler.finished();
    const events = scheduler.events.filter((event) => taskOf(event) !== "nosuch");
    assertSchedulerStream(events, "stream-02-after-master-restart");
    await executor.event("SHUTDOWN");
    assertExecutorStream(executor.events, "stream-02-after-agent-restart");
    await executor.close();
    await waitFor(() => !isAlive(pid ?? 0), "the end of the executor");
  } finally {
    await agent[Symbol.asyncDispose]();
    await master.stop();
    await Deno.remove(directory, { recursive: true });
  }
});

/** The answer to a later question comes first: the earlier one got none. */
async function assertUnanswered(scheduler: TestScheduler, taskId: string): Promise<void> {
  const question = { task_id: { value: "nosuch" }, agent_id: { value: "no-such-agent" } };
  await scheduler.call({ type: "RECONCILE", reconcile: { tasks: [question] } });
  await scheduler.update("nosuch", "TASK_UNKNOWN");
  assertEquals(scheduler.events.filter((event) => taskOf(event) === taskId), []);
}
