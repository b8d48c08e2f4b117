import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { decodeTaskData, type TaskData } from "../job/task_data.ts";
import { encodeOutcome } from "../job/task_outcome.ts";
import { FrameworkRemovedError } from "../mesos/mesos_errors.ts";
import type { FrameworkInfo, TaskInfo, TaskState } from "../mesos/wire/messages.ts";
import type { Scheduler, SchedulerRequest } from "../mesos/scheduler.ts";
import { FileResource } from "../resource/resource.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { MesosBatchSystem } from "./batch_system.ts";
import type { BatchSystemConfig } from "./batch_system_config.ts";
import { MesosUnavailableError } from "./unavailable_error.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import { MessageBus } from "./message_bus.ts";
import type { JobRequirements } from "./core/requirements.ts";
import type { Changes } from "./core/change_log.ts";
import { type Store, StoreError } from "./store/store.ts";
import { CopyingStore } from "./store/testing.ts";
import { FakeDriver, launched, MIB, offer, SETTINGS } from "./testing.ts";

const FINISHED = encodeOutcome({ exitStatus: 0, wallTimeSeconds: 1.5 });

const REQUIREMENTS: JobRequirements = {
  jobName: "job",
  cores: 1,
  memory: 64 * MIB,
  disk: 0,
  preemptible: false,
  accelerators: [],
};

const CONFIG: BatchSystemConfig = {
  framework: {
    name: "tested",
    user: "nobody",
    roles: [],
    principal: undefined,
    hostname: "leader",
    failoverTimeoutMs: 60_000,
  },
  settings: SETTINGS,
  limits: { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity },
  registrationTimeoutMs: 20_000,
  frameworkId: undefined,
  batchLogsDir: undefined,
  noStdOutErr: false,
  workDir: undefined,
  cleanWorkDir: "always",
  localEnvironment: {},
  temporaryDirectory: "/nowhere",
};

/** Keeps what is said to Mesos, and says what a test has Mesos say. */
class FakeSchedulerDriver extends FakeDriver {
  readonly sent: SchedulerRequest[] = [];
  /** Whether a master takes the TEARDOWN. */
  takesTeardown = true;
  /** Whether it was told to leave. */
  hasLeft = false;

  constructor(scheduler: Scheduler, readonly info: () => FrameworkInfo) {
    super(scheduler);
  }

  start(): void {}

  send(request: SchedulerRequest): void {
    this.sent.push(request);
  }

  override stop(): Promise<void> {
    this.hasLeft = true;
    return super.stop();
  }

  override async teardown(): Promise<boolean> {
    await this.stop();
    return this.takesTeardown;
  }

  subscribed(frameworkId = "f"): void {
    this.scheduler.registered(this, { value: frameworkId });
  }

  get tasks(): TaskInfo[] {
    return launched(this.sent);
  }

  /** Offers a node; gives the task that is launched next. */
  async launch(): Promise<TaskInfo> {
    const before = this.tasks.length;
    this.scheduler.resourceOffers(this, [offer({ id: `o${before}` })]);
    return await waitFor(() => this.tasks[before], "a launch");
  }

  /** An executor reports a state, and is acknowledged. */
  async report(task: TaskInfo, state: TaskState): Promise<void> {
    const uuid = this.update(task, state, state === "TASK_FINISHED" ? FINISHED : {});
    const isAcknowledged = () =>
      this.sent.some(({ acknowledge }) => String(acknowledge?.uuid) === String(uuid));
    await waitFor(isAcknowledged, `an acknowledgement of ${state}`);
  }
}

/** A batch system between a store, a clock and a Mesos that a test has in hand. */
class Bench implements AsyncDisposable {
  nowMs = 1_000_000;
  readonly batchSystem: MesosBatchSystem;
  readonly drivers: FakeSchedulerDriver[] = [];
  readonly events: BatchSystemEvent[] = [];

  constructor(store: Store = new CopyingStore(), config: Partial<BatchSystemConfig> = {}) {
    this.batchSystem = new MesosBatchSystem({ ...CONFIG, ...config }, {
      store,
      now: () => this.nowMs,
      createDriver: (scheduler, info) => {
        const driver = new FakeSchedulerDriver(scheduler, info);
        this.drivers.push(driver);
        return driver;
      },
    });
    this.batchSystem.messageBus.subscribe((event) => this.events.push(event));
  }

  /** One that has registered. */
  static async start(store?: Store, config?: Partial<BatchSystemConfig>): Promise<Bench> {
    const bench = new Bench(store, config);
    const started = bench.batchSystem.start();
    (await bench.connected(1)).subscribed();
    await started;
    return bench;
  }

  get driver(): FakeSchedulerDriver {
    return this.drivers.at(-1) as FakeSchedulerDriver;
  }

  /** Waits for the driver of that number. */
  async connected(count: number): Promise<FakeSchedulerDriver> {
    return await waitFor(() => this.drivers[count - 1], `driver ${count}`);
  }

  issue(rest: Partial<JobRequirements> = {}, command = "true"): Promise<number> {
    return this.batchSystem.issueBatchJob(command, { ...REQUIREMENTS, ...rest });
  }

  /** Issues a job and sees it run. */
  async run(): Promise<TaskInfo> {
    await this.issue();
    const task = await this.driver.launch();
    await this.driver.report(task, "TASK_RUNNING");
    return task;
  }

  /** Waits until it was told. */
  async told(type: BatchSystemEvent["type"]): Promise<void> {
    await waitFor(() => this.events.some((event) => event.type === type), type);
  }

  /** Leaves as one that is going to be started again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.batchSystem.detach();
  }
}

/** A store that can be full. */
class FullStore extends CopyingStore {
  isFull = false;

  override commit(changes: Changes): void {
    if (this.isFull) throw new StoreError("Cannot keep the state: the disk is full");
    super.commit(changes);
  }
}

function dataOf({ data }: TaskInfo): TaskData {
  const [job] = decodeTaskData(data ?? new Uint8Array()).jobs;
  if (!job) throw new Error("the task has no job");
  return job;
}

// ---- registration

Deno.test("start() gives up after the registration timeout, and says what was wrong", async () => {
  for (
    const [lastError, reason] of [
      [undefined, "no master has answered"],
      [new Error("connection refused"), "connection refused"],
    ] as const
  ) {
    await using bench = new Bench(undefined, { registrationTimeoutMs: 50 });
    const started = bench.batchSystem.start();
    (await bench.connected(1)).lastError = lastError;
    const error = await assertRejects(() => started, MesosUnavailableError);
    assertEquals(error.message, `Cannot register with Mesos within 0.05 s: ${reason}`);
  }
});

Deno.test("start() fails at once when Mesos refuses, and so does everything after", async () => {
  await using bench = new Bench();
  const started = bench.batchSystem.start();
  const driver = await bench.connected(1);
  driver.scheduler.error(driver, new Error("401 Unauthorized"));
  await assertRejects(() => started, MesosUnavailableError, "401 Unauthorized");
  await assertRejects(() => bench.batchSystem.getUpdatedBatchJob(60), MesosUnavailableError);
  await assertRejects(() => bench.issue(), Error);
});

Deno.test("jobs that are issued before the registration run after it", async () => {
  await using bench = new Bench();
  const started = bench.batchSystem.start();
  await bench.issue();
  (await bench.connected(1)).subscribed();
  await started;
  assertEquals(dataOf(await bench.driver.launch()).jobID, 1);
});

// ---- when something breaks

Deno.test("a store that fails stops everything, and nothing is done that it does not know", async () => {
  const store = new FullStore();
  await using bench = await Bench.start(store);
  const { batchSystem, driver } = bench;
  await bench.issue();
  const waiting = batchSystem.getUpdatedBatchJob(60);
  store.isFull = true;
  driver.scheduler.resourceOffers(driver, [offer()]);
  await assertRejects(() => batchSystem.failed, StoreError, "the disk is full");
  await assertRejects(() => waiting, StoreError);
  await assertRejects(() => bench.issue(), StoreError);
  assertEquals(driver.tasks, []);
});

Deno.test("a framework that Mesos has removed goes on as a new one", async () => {
  await using bench = await Bench.start();
  const { batchSystem } = bench;
  const task = await bench.run();
  const waiting = await bench.issue();
  const first = bench.driver;
  first.scheduler.error(first, new FrameworkRemovedError("Framework has been removed"));
  const [lost] = await batchSystem.takeResults({ limit: 1, maxWaitMs: 20_000 });
  assertEquals([lost?.jobID, lost?.exitReason], [dataOf(task).jobID, "LOST"]);

  const second = await bench.connected(2);
  assertEquals(second.info().id, undefined);
  second.subscribed("g");
  assertEquals(dataOf(await second.launch()).jobID, waiting);
  assertEquals(second.info().id, { value: "g" });
});

// ---- results

Deno.test("takeResults() gives each result to one taker, and again after a restart", async () => {
  const store = new CopyingStore();
  {
    await using bench = await Bench.start(store);
    for (let job = 0; job < 2; job++) await bench.driver.report(await bench.run(), "TASK_FINISHED");
    const take = () => bench.batchSystem.takeResults({ limit: 1, maxWaitMs: 0 });
    const taken = (await Promise.all([take(), take(), take()])).flat();
    assertEquals(taken.map(({ jobID }) => jobID), [1, 2]);
    await bench.batchSystem.acknowledgeResults([1]);
    assertEquals(await take(), []);
  }
  await using bench = await Bench.start(store);
  const again = await bench.batchSystem.takeResults({ limit: 10, maxWaitMs: 0 });
  assertEquals(again.map(({ jobID, exitReason }) => [jobID, exitReason]), [[2, "FINISHED"]]);
});

Deno.test("a running job goes on across a restart, and is reported once", async () => {
  const store = new CopyingStore();
  let task: TaskInfo;
  {
    await using bench = await Bench.start(store);
    task = await bench.run();
  }
  {
    await using bench = await Bench.start(store);
    assertEquals(bench.driver.info().id, { value: "f" });
    assertEquals([...bench.batchSystem.getRunningBatchJobIDs().keys()], [1]);
    await bench.driver.report(task, "TASK_FINISHED");
    assertEquals((await bench.batchSystem.getUpdatedBatchJob(20))?.jobID, 1);
    // The acknowledgement was lost: the agent says it again.
    await bench.driver.report(task, "TASK_FINISHED");
    assertEquals(await bench.batchSystem.getUpdatedBatchJob(0), null);
    assertEquals(bench.driver.tasks, []);
  }
  await using bench = await Bench.start(store);
  await bench.driver.report(task, "TASK_FINISHED");
  assertEquals(await bench.batchSystem.getUpdatedBatchJob(0), null);
  assertEquals(bench.batchSystem.getIssuedBatchJobIDs(), []);
  assertEquals(await bench.issue(), 2, "ids go on where they were");
});

// ---- kills

Deno.test("killBatchJobs() returns within its bound, and names what it could not confirm", async () => {
  await using bench = await Bench.start();
  const { batchSystem, driver } = bench;
  const deaf = await bench.run();
  const killed = await bench.run();
  const kill = batchSystem.killBatchJobs([1, 2]);
  const kills = () => driver.sent.flatMap(({ kill }) => kill ? [kill.task_id.value] : []);
  await waitFor(() => kills().length === 2, "the kills");
  assertEquals(batchSystem.getIssuedBatchJobIDs(), []);
  await driver.report(killed, "TASK_KILLED");
  bench.nowMs += SETTINGS.killGraceMs + 30_000;
  driver.scheduler.disconnected(driver, new Error("tested"));
  assertEquals(await kill, { unconfirmed: [1] });
  // It is still being killed, and never reported.
  driver.scheduler.reregistered(driver);
  await waitFor(() => kills().length === 3, "one more kill");
  await driver.report(deaf, "TASK_FINISHED");
  assertEquals(await batchSystem.getUpdatedBatchJob(0), null);
});

Deno.test("killBatchJobs() does not wait for a node that can't be reached", async () => {
  await using bench = await Bench.start();
  const { task_id, agent_id } = await bench.run();
  const { driver } = bench;
  driver.scheduler.statusUpdate(driver, {
    task_id,
    agent_id,
    state: "TASK_UNREACHABLE",
    source: "SOURCE_MASTER",
  });
  await bench.told("JOB_UNREACHABLE");
  assertEquals(await bench.batchSystem.killBatchJobs([1]), { unconfirmed: [1] });
});

// ---- what jobs get

Deno.test("setUserScript() is for the jobs that follow, not for those that were issued", async () => {
  await using bench = await Bench.start();
  const script = new FileResource({
    name: "a.sh",
    pathHash: "0".repeat(32),
    url: "http://leader/a.sh",
    contentHash: "1".repeat(32),
  });
  await bench.batchSystem.setUserScript(script);
  await bench.issue();
  assertEquals(dataOf(await bench.driver.launch()).userScript, script.pickle());
  await assertRejects(
    () => bench.batchSystem.setUserScript(script),
    Error,
    "Cannot set the user script: jobs were issued already; ",
  );
});

Deno.test("setEnv() takes the value of here where none is given", async () => {
  await using bench = await Bench.start();
  const unset = `UNSET_${crypto.randomUUID()}`;
  const error = assertThrows(() => bench.batchSystem.setEnv(unset), ReferenceError);
  assertStringIncludes(error.message, `Cannot pass ${unset} on to the jobs`);
  bench.batchSystem.setEnv("PATH");
  bench.batchSystem.setEnv("EMPTY", "");
  await bench.issue();
  bench.batchSystem.setEnv("LATER", "later");
  assertEquals(dataOf(await bench.driver.launch()).environment, {
    PATH: Deno.env.get("PATH") ?? "",
    EMPTY: "",
  });
});

Deno.test("nodes with GPUs are asked for when the first job needs one", async () => {
  await using bench = await Bench.start();
  const capabilities = () => bench.driver.info().capabilities?.map(({ type }) => type);
  assert(!capabilities()?.includes("GPU_RESOURCES"));
  await bench.issue({ accelerators: [{ kind: "gpu", count: 1 }] });
  assert(capabilities()?.includes("GPU_RESOURCES"));
  const updates = bench.driver.sent.filter(({ type }) => type === "UPDATE_FRAMEWORK");
  assertEquals(updates.map((call) => call.update_framework?.framework_info), [bench.driver.info()]);
});

Deno.test("setMessageBus() moves what is told to another bus", async () => {
  await using bench = await Bench.start();
  const bus = new MessageBus();
  const told: string[] = [];
  const unsubscribe = bus.subscribe(({ type }) => told.push(type));
  bench.events.length = 0;
  bench.batchSystem.setMessageBus(bus);
  await bench.issue();
  unsubscribe();
  await bench.issue();
  assertEquals([told, bench.events], [["JOB_ISSUED"], []]);
});

// ---- the way out

Deno.test("shutdown() forgets the framework when Mesos has removed it, and only then", async () => {
  for (const takesTeardown of [true, false]) {
    const store = new CopyingStore();
    const bench = await Bench.start(store);
    const task = await bench.run();
    const { driver } = bench;
    driver.takesTeardown = takesTeardown;
    const left = bench.batchSystem.shutdown();
    if (takesTeardown) {
      await waitFor(() => driver.sent.some(({ type }) => type === "KILL"), "the kill of the task");
      assertEquals(driver.hasLeft, false, "the end of the task is waited for");
      await driver.report(task, "TASK_KILLED");
    } else driver.scheduler.disconnected(driver, new Error("gone"));
    assertEquals(await left, takesTeardown);
    assertEquals(await bench.batchSystem.shutdown(), takesTeardown);

    await using next = await Bench.start(store);
    assertEquals(next.events[0]?.type, takesTeardown ? "REGISTERED" : "REREGISTERED");
    const running = [...next.batchSystem.getRunningBatchJobIDs().keys()];
    assertEquals(running, takesTeardown ? [] : [1]);
    assertEquals(next.batchSystem.getIssuedBatchJobIDs(), [1]);
  }
});

Deno.test("shutdown() forgets nothing of a framework that it could not even try to remove", async () => {
  const store = new CopyingStore();
  await (await Bench.start(store))[Symbol.asyncDispose]();
  await new Bench(store).batchSystem.shutdown();
  await using next = await Bench.start(store);
  assertEquals(next.driver.info().id, { value: "f" });
  assertEquals(next.events[0]?.type, "REREGISTERED");
});

Deno.test("local jobs that end with the scheduler run again with the next", async () => {
  await using directory = await TemporaryDirectory.create();
  const store = new CopyingStore();
  const config = { temporaryDirectory: directory.path };
  const command = `[ -e ${directory.at("again")} ] && exit 3
    echo >${directory.at("running")}; sleep 1000`;
  {
    await using bench = await Bench.start(store, config);
    await bench.issue({ local: true }, command);
    const isRunning = () => Deno.stat(directory.at("running")).catch(() => undefined);
    await waitFor(isRunning, "the job to run");
  }
  await Deno.writeTextFile(directory.at("again"), "");
  await using bench = await Bench.start(store, config);
  const update = await bench.batchSystem.getUpdatedBatchJob(20);
  assertEquals([update?.jobID, update?.exitStatus], [1, 3]);
});

Deno.test("shutdown() ends a wait for results", async () => {
  const bench = await Bench.start();
  const waiting = bench.batchSystem.getUpdatedBatchJob(1e6);
  await bench.batchSystem.shutdown();
  assertEquals(await waiting, null);
});

Deno.test("nothing can be asked of a batch system that was shut down", async () => {
  const bench = await Bench.start();
  await bench.batchSystem.shutdown();
  const error = await assertRejects(() => bench.issue());
  assertInstanceOf(error, Error);
  assertStringIncludes(error.message, "has been shut down");
});
