import { assert, assertEquals } from "@std/assert";
import {
  type Answer,
  CAPTURE_FRAMEWORK,
  startOpenCluster,
  TestScheduler,
} from "../../cluster/testing.ts";
import { ScriptedExecutor } from "../../cluster/agent/testing.ts";
import {
  executorCallCodec,
  executorEventCodec,
  JSON_TYPE,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../../mesos/wire/codec.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
} from "../../mesos/wire/messages.ts";
import { waitFor } from "../kit/wait_for.ts";
import {
  assertSameEvents,
  essential,
  normalizeText,
  readCapture,
  readEvents,
  readLines,
} from "./cluster_captures.ts";

/** A call, and what a real Mesos answered. */
interface CapturedCall {
  request: unknown;
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

const EXECUTOR_COMMAND = "exec /usr/local/bin/capture-executor-json";
/** Writes its environment down and waits; the test speaks for it. */
const OUR_COMMAND = "env -0 >environment; exec sleep 1000";

/** The capture begins with the third offer that its master made. */
const FIRST_CAPTURED_OFFER = 2;

const SCHEDULER_CALLS = readLines<CapturedCall>("scheduler-json/calls.jsonl");
const EXECUTOR_CALLS = readLines<CapturedCall>("executor-json/calls.jsonl");

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function taskOfUpdate({ update }: SchedulerEvent): string | undefined {
  return update?.status.task_id.value;
}

/** Tasks talk to an executor beside each other: only what is about one task has an order. */
function taskOfExecutorEvent({ launch, kill, acknowledged }: ExecutorEvent): string | undefined {
  return (launch?.task ?? kill ?? acknowledged)?.task_id.value;
}

/** Both sides of the captured conversation, spoken to the cluster. */
class Replay {
  readonly #scheduler: TestScheduler;
  readonly #agentUrl: URL;
  readonly #agentId: string;
  #executor: ScriptedExecutor | undefined;
  #calls = SCHEDULER_CALLS.slice(1);
  #executorCalls = [...EXECUTOR_CALLS];

  constructor(scheduler: TestScheduler, agent: { url: URL; id: string }) {
    this.#scheduler = scheduler;
    this.#agentUrl = agent.url;
    this.#agentId = agent.id;
  }

  get executor(): ScriptedExecutor {
    assert(this.#executor);
    return this.#executor;
  }

  async startExecutor(): Promise<void> {
    this.#executor = await ScriptedExecutor.subscribe({
      agent: this.#agentUrl,
      frameworkId: this.#scheduler.frameworkId,
      mediaType: JSON_TYPE,
    });
  }

  /** Makes the next captured call of the scheduler, which must be of this type. */
  async call(type: SchedulerCall["type"], streamId?: string): Promise<void> {
    const captured = this.#calls.shift();
    assert(captured);
    const call = await this.#translate(
      schedulerCallCodec.decode(encode(captured.request), JSON_TYPE),
    );
    assertEquals(call.type, type);
    assertAnswer(await this.#scheduler.send(call, streamId), captured);
  }

  /** Acknowledges as was captured, as soon as the update is there. */
  async acknowledgeNext(count: number): Promise<void> {
    for (let acknowledged = 0; acknowledged < count; acknowledged++) await this.call("ACKNOWLEDGE");
  }

  /** Makes the next captured calls of the executor, as they are. */
  async executorCalls(count: number): Promise<void> {
    for (const captured of this.#executorCalls.splice(0, count)) {
      const call: ExecutorCall = executorCallCodec.decode(encode(captured.request), JSON_TYPE);
      const { framework_id: _, ...rest } = call;
      assertAnswer(await this.executor.send(rest), captured);
    }
  }

  /** The n-th offer so far, counted from 1. */
  async offered(n: number): Promise<Offer> {
    const offer = await waitFor(
      () => this.#scheduler.events.filter(({ offers }) => offers)[n - 1]?.offers?.offers?.[0],
      `offer ${n}`,
    );
    return offer;
  }

  /** The captured call with our ids in it. */
  async #translate(call: SchedulerCall): Promise<SchedulerCall> {
    const { framework_id: _, ...rest } = call;
    for (const offerId of [...call.accept?.offer_ids ?? [], ...call.decline?.offer_ids ?? []]) {
      offerId.value = await this.#offer(offerId.value);
    }
    const uuid = call.acknowledge?.uuid.toBase64();
    if (uuid) await this.#updateArrived(uuid);
    const launched = (call.accept?.operations ?? []).flatMap(({ launch }) =>
      launch?.task_infos ?? []
    );
    const named = [
      ...launched,
      ...call.reconcile?.tasks ?? [],
      ...[call.kill, call.acknowledge, call.message].filter((part) => part !== undefined),
    ];
    for (const part of named) if (part.agent_id) part.agent_id.value = this.#agentId;
    for (const task of launched) useOurCommand(task);
    return rest;
  }

  async #offer(captured: string): Promise<string> {
    const [, number] = /-O(\d+)$/.exec(captured) ?? [];
    if (number === undefined) return captured;
    const offer = await this.offered(Number(number) - FIRST_CAPTURED_OFFER + 1);
    return offer.id.value;
  }

  #updateArrived(uuid: string): Promise<unknown> {
    return waitFor(
      () => this.#scheduler.events.find(({ update }) => update?.status.uuid?.toBase64() === uuid),
      `the update ${uuid}`,
    );
  }
}

function useOurCommand(task: TaskInfo): void {
  const command = task.executor?.command;
  assert(command);
  command.value = OUR_COMMAND;
}

/** Status, headers and body, less what differs from run to run. */
function assertAnswer(actual: Answer, captured: CapturedCall): void {
  assertEquals(actual.status, captured.status);
  assertEquals(normalizeText(actual.body), normalizeText(captured.body ?? ""));
  for (const [name, value] of Object.entries(captured.headers ?? {})) {
    const given = actual.headers.get(name);
    if (name === "Date" || name === "Mesos-Stream-Id") assert(given, `there is no ${name}`);
    else assertEquals(given, value, name);
  }
}

function ours<T>(events: readonly T[]): T[] {
  const text = JSON.stringify(
    events,
    (_, value) => value instanceof Uint8Array ? { bytes: value.toBase64() } : value,
  );
  return JSON.parse(
    text.replaceAll(JSON.stringify(OUR_COMMAND), JSON.stringify(EXECUTOR_COMMAND)),
    (_, value) => typeof value?.bytes === "string" ? Uint8Array.fromBase64(value.bytes) : value,
  ) as T[];
}

Deno.test("the cluster answers a scheduler and an executor in JSON as a real Mesos did", async () => {
  const cluster = await startOpenCluster({
    // On a busy machine, too, what is freed together is offered together.
    master: { allocationIntervalMs: 1_000, heartbeatIntervalMs: 15_000 },
    agent: {
      resources: "cpus:4;mem:4096;disk:10000",
      attributes: "preemptible:false;rack:r1",
      updateRetryMs: 500,
      // As the agents of the captures.
      isolateCpus: false,
      switchUser: false,
    },
  });
  try {
    const { agent } = cluster;
    const scheduler = await TestScheduler.subscribe(cluster.master.url, { mediaType: JSON_TYPE });
    const [subscribed] = SCHEDULER_CALLS;
    assert(subscribed);
    assertAnswer({ status: 200, headers: scheduler.headers, body: "" }, subscribed);
    const replay = new Replay(scheduler, agent);
    await replay.call("ACCEPT");
    await replay.startExecutor();
    await waitFor(() => replay.executor.events.length === 4, "three launches");
    await replay.executorCalls(7);
    await replay.acknowledgeNext(5);
    // What is free now is offered while "ok" and "long" still run.
    await replay.offered(2);
    await replay.executorCalls(1);
    await replay.acknowledgeNext(3);
    await replay.call("MESSAGE");
    await replay.executor.event("MESSAGE");
    await replay.executorCalls(1);
    await scheduler.event("MESSAGE");
    await replay.call("RECONCILE");
    await replay.call("RECONCILE");
    await replay.call("KILL");
    await replay.executor.event("KILL");
    await replay.executorCalls(1);
    await replay.offered(3);
    // Not acknowledged in time, the update comes again.
    await waitFor(
      () => scheduler.events.filter(({ update }) => update?.status.state === "TASK_KILLED")[1],
      "the same update again",
    );
    await replay.acknowledgeNext(1);
    await replay.call("KILL");
    await replay.call("ACCEPT");
    await replay.call("ACCEPT");
    await waitFor(
      () => replay.executor.events.find(({ launch }) => launch?.task.task_id.value === "dup"),
      "the launch of dup",
    );
    await replay.executorCalls(2);
    await replay.acknowledgeNext(2);
    await replay.offered(4);
    await replay.executorCalls(1);
    await replay.acknowledgeNext(1);
    await replay.call("ACCEPT");
    await replay.call("SUPPRESS", "nope");
    await replay.call("SUPPRESS", "");
    await replay.call("SUPPRESS");
    for (let round = 5; round <= 8; round++) {
      await replay.call("REVIVE");
      await replay.offered(round);
      await replay.call("DECLINE");
      await replay.call("SUPPRESS");
    }
    const successor = await TestScheduler.subscribe(cluster.master.url, {
      mediaType: JSON_TYPE,
      framework: { id: { value: scheduler.frameworkId } },
    });
    await scheduler.finished();
    assertFirstStream(scheduler.events);
    await doom(successor, replay);
    await successor.teardown();
    assertSecondStream(successor.events);
    assertExecutorStream(replay.executor);
    await assertEnvironment(agent.url);
    await replay.executor.close();
  } finally {
    await cluster.stop();
  }
});

/** Launches a task whose executor is then killed. */
async function doom(scheduler: TestScheduler, replay: Replay): Promise<void> {
  const [offer] = await scheduler.offers();
  assert(offer);
  const captured = readEvents("executor-json/stream.recordio", executorEventCodec, JSON_TYPE)
    .find(({ launch }) => launch?.task.task_id.value === "doomed")?.launch?.task;
  assert(captured?.executor);
  const { framework_id: _, ...executor } = captured.executor;
  const doomed = { ...captured, agent_id: offer.agent_id, executor };
  useOurCommand(doomed);
  // What is left of the offer is not wanted, so the next one tells of the end of the task.
  await scheduler.launch(offer, [doomed], 1000);
  await waitFor(
    () => replay.executor.events.find(({ launch }) => launch?.task.task_id.value === "doomed"),
    "the launch of doomed",
  );
  await replay.executorCalls(2);
  await scheduler.acknowledged("doomed", "TASK_STARTING");
  const { container_status } = await scheduler.acknowledged("doomed", "TASK_RUNNING");
  assert(container_status?.executor_pid);
  Deno.kill(container_status.executor_pid, "SIGKILL");
  await scheduler.acknowledged("doomed", "TASK_FAILED");
  await scheduler.offers();
}

function assertFirstStream(events: readonly SchedulerEvent[]): void {
  const captured = readEvents(
    "scheduler-json/stream.recordio",
    schedulerEventCodec,
    JSON_TYPE,
  );
  assertSameEvents(ours(essential(events)), ours(essential(captured)), taskOfUpdate);
}

function assertSecondStream(events: readonly SchedulerEvent[]): void {
  const path = "scheduler-json/stream-after-failover.recordio";
  const captured = readEvents(path, schedulerEventCodec, JSON_TYPE);
  assertSameEvents(ours(events), ours(captured), taskOfUpdate);
  // Mesos tells of the executor before it tells of its tasks.
  const types = events.map(({ type, update }) => update?.status.state ?? type);
  assertEquals(types, captured.map(({ type, update }) => update?.status.state ?? type));
}

function assertExecutorStream(executor: ScriptedExecutor): void {
  const path = "executor-json/stream.recordio";
  const captured = readEvents(path, executorEventCodec, JSON_TYPE);
  assertSameEvents(ours(executor.events), ours(captured), taskOfExecutorEvent);
  assertEquals(executor.headers.get("Content-Type"), JSON_TYPE);
  assertEquals(executor.headers.get("Transfer-Encoding"), "chunked");
}

/** The environment is what a real agent gave, in names and values. */
async function assertEnvironment(agent: URL): Promise<void> {
  const paths = await (await fetch(new URL("/files/debug", agent))).json();
  const [sandbox] = Object.values(paths) as string[];
  const text = await Deno.readTextFile(`${sandbox}/environment`);
  const environment = Object.fromEntries(
    text.split("\0").filter(Boolean).map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  const captured = JSON.parse(
    new TextDecoder().decode(readCapture("executor-json/environment.json")),
  );
  // Python sets this one for itself.
  delete captured.LC_CTYPE;
  const normalized = (variables: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(variables).sort().map(([name, value]) => [
        name,
        normalizeText(value).replace(/^.*(?=\/slaves\/)/, "<work>"),
      ]),
    );
  assertEquals(normalized(environment), normalized(captured));
}

Deno.test("the framework of the captures is the one of the tests", () => {
  const [subscribed] = SCHEDULER_CALLS;
  const call = schedulerCallCodec.decode(encode(subscribed?.request), JSON_TYPE);
  assertEquals(call.subscribe?.framework_info, CAPTURE_FRAMEWORK);
});
