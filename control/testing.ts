/**
 * What the tests of this folder share: a control API on a socket of its own, before a batch system
 * whose Mesos is a test.
 *
 * @module
 */

import { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { BatchSystemConfig } from "../scheduler/batch_system_config.ts";
import type { Store } from "../scheduler/store/store.ts";
import { MemoryStore } from "../scheduler/store/memory_store.ts";
import { encodeOutcome, type TaskOutcome } from "../job/task_outcome.ts";
import type { SchedulerRequest } from "../mesos/scheduler.ts";
import type { TaskInfo, TaskState } from "../mesos/wire/messages.ts";
import { FakeDriver, launched, offer, SETTINGS } from "../scheduler/testing.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { RunRecorder } from "./report/run_recorder.ts";
import { ControlServer } from "./server.ts";
import type { ControlAddress } from "../support/control_address.ts";

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
  limits: { maxCores: 100, maxMemory: Infinity, maxDisk: Infinity },
  registrationTimeoutMs: 20_000,
  frameworkId: undefined,
  batchLogsDir: undefined,
  noStdOutErr: false,
  workDir: undefined,
  cleanWorkDir: "always",
  localEnvironment: {},
  temporaryDirectory: "/nowhere",
};

/** A Mesos that does what a test has it do. */
class TestDriver extends FakeDriver {
  readonly sent: SchedulerRequest[] = [];

  start(): void {
    queueMicrotask(() => this.scheduler.registered(this, { value: "f" }));
  }

  send(request: SchedulerRequest): void {
    this.sent.push(request);
    const { kill } = request;
    if (kill?.agent_id) queueMicrotask(() => this.update(kill, "TASK_KILLED"));
  }
}

/** What a test site is made with. */
export interface TestSiteOptions {
  /** Keeps the records. */
  readonly store?: Store;
  /** Where to listen. @default {a socket in the directory} */
  readonly address?: ControlAddress;
  /** Asked for. */
  readonly token?: string;
}

/** A scheduler with a control API. */
export class TestSite implements AsyncDisposable {
  readonly directory: string;
  readonly scheduler: MesosBatchSystem;
  readonly #server: ControlServer;
  readonly #client: Deno.HttpClient;
  readonly #driver: () => TestDriver;
  /** What the API has asked for. */
  readonly asked: { userScript?: unknown; shutdown?: { keepJobs: boolean } };
  #offers = 0;

  static async open(options: TestSiteOptions = {}): Promise<TestSite> {
    const directory = await Deno.makeTempDir();
    const { now } = SYSTEM_CLOCK;
    let driver: TestDriver | undefined;
    const scheduler = new MesosBatchSystem(CONFIG, {
      store: options.store ?? new MemoryStore(),
      now,
      createDriver: (mesos) => driver = new TestDriver(mesos),
    });
    const recorder = new RunRecorder(scheduler, now);
    await scheduler.start();
    const asked: TestSite["asked"] = {};
    const server = await ControlServer.open({
      scheduler,
      address: options.address ?? { path: `${directory}/s` },
      token: options.token,
      now,
      recorder,
      version: "1.2.3",
      name: "tested",
      agents: { headers: {}, caCertificates: undefined },
      setUserScript: (script) => Promise.resolve(void (asked.userScript = script)),
      shutDown: (shutdown) => void (asked.shutdown = shutdown),
    });
    return new TestSite({
      directory,
      scheduler,
      server,
      driver: () => driver as TestDriver,
      asked,
    });
  }

  private constructor(parts: {
    directory: string;
    scheduler: MesosBatchSystem;
    server: ControlServer;
    driver: () => TestDriver;
    asked: TestSite["asked"];
  }) {
    this.directory = parts.directory;
    this.scheduler = parts.scheduler;
    this.#server = parts.server;
    this.#driver = parts.driver;
    this.asked = parts.asked;
    const { address } = parts.server;
    this.#client = Deno.createHttpClient(
      "path" in address ? { proxy: { transport: "unix", path: address.path } } : {},
    );
  }

  get address(): ControlAddress {
    return this.#server.address;
  }

  /** Sends a request. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { address } = this.#server;
    const host = "path" in address ? "localhost" : `${address.hostname}:${address.port}`;
    return fetch(`http://${host}${path}`, { ...init, client: this.#client });
  }

  /** Sends a request as it is written; gives the status. */
  async raw(text: string): Promise<number> {
    const { address } = this.#server;
    using connection = "path" in address
      ? await Deno.connect({ transport: "unix", path: address.path })
      : await Deno.connect(address);
    await connection.write(new TextEncoder().encode(text));
    const bytes = new Uint8Array(1024);
    const length = await connection.read(bytes) ?? 0;
    return Number(new TextDecoder().decode(bytes.subarray(0, length)).split(" ")[1]);
  }

  /** Sends a request with a JSON body; gives status and answer. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; answer: Answer }> {
    const response = await this.fetch(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: await response.json() };
  }

  /** Offers a node; gives the task that is launched. */
  async launch(): Promise<TaskInfo> {
    const driver = this.#driver();
    const before = launched(driver.sent).length;
    driver.scheduler.resourceOffers(driver, [offer({ id: `o${++this.#offers}` })]);
    return await waitFor(() => launched(driver.sent)[before], "a launch");
  }

  /** An executor reports a state. */
  report(task: TaskInfo, state: TaskState, outcome: TaskOutcome = {}): void {
    this.#driver().update(task, state, encodeOutcome(outcome));
  }

  /** Runs the next job to its end. */
  async finish(exitStatus = 0): Promise<void> {
    const task = await this.launch();
    this.report(task, exitStatus === 0 ? "TASK_FINISHED" : "TASK_FAILED", {
      exitStatus,
      wallTimeSeconds: 1.5,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#server[Symbol.asyncDispose]();
    await this.scheduler.shutdown();
    await Deno.remove(this.directory, { recursive: true });
  }
}

// deno-lint-ignore no-explicit-any
type Answer = any;
