/**
 * What the tests of this folder share: a driver without an agent, and an executor in a sandbox.
 *
 * @module
 */

import { encodeTaskData, type TaskData } from "../job/task_data.ts";
import { decodeOutcome, type TaskOutcome } from "../job/task_outcome.ts";
import type { Executor, ExecutorDriver, TaskUpdate } from "../mesos/executor.ts";
import type { AgentInfo, TaskInfo, TaskState } from "../mesos/wire/messages.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { NANOSECONDS_PER_MS } from "../support/units.ts";
import type { JobDeployment } from "./job_runner.ts";
import { runExecutor } from "./run_executor.ts";

const TERMINAL: readonly (TaskState | undefined)[] = [
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
];

/** May follow: STARTING, RUNNING, one terminal state; the second can be missing, or be repeated. */
const ALLOWED_NEXT: Record<string, readonly string[]> = {
  "": ["TASK_STARTING"],
  TASK_STARTING: ["TASK_STARTING", "TASK_RUNNING", ...TERMINAL.map(String)],
  TASK_RUNNING: ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"],
};

/**
 * Takes what an executor says, as strictly as an agent could wish: updates in an impossible order,
 * or after the driver was stopped, throw.
 */
export class FakeExecutorDriver implements ExecutorDriver {
  /** All updates, by task. */
  readonly updates = new Map<string, TaskUpdate[]>();
  /** All messages. */
  readonly messages: Uint8Array[] = [];
  /** How long `stop` was allowed to drain. */
  stoppedWithDrainMs: number | undefined;
  readonly #joined = Promise.withResolvers<void>();

  /** Connects to nobody. */
  start(): void {}

  /** Settles when the agent has taken an update. */
  taken: Promise<void> = Promise.resolve();

  /** Records an update. */
  sendStatusUpdate(update: TaskUpdate): Promise<void> {
    const taskId = update.task_id.value;
    const updates = this.updates.get(taskId) ?? [];
    const last = updates.at(-1)?.state ?? "";
    const state = update.state ?? "";
    if (this.stoppedWithDrainMs !== undefined) throw new Error(`${state} after the stop`);
    if (!ALLOWED_NEXT[last]?.includes(state)) throw new Error(`${state} after ${last}`);
    this.updates.set(taskId, [...updates, update]);
    return this.taken;
  }

  /** Records a message. */
  sendFrameworkMessage(data: Uint8Array): void {
    this.messages.push(data);
  }

  /** Has nothing to drain. */
  stop(drainMs: number): Promise<void> {
    this.stoppedWithDrainMs ??= drainMs;
    this.#joined.resolve();
    return this.join();
  }

  /** Settles after `stop`. */
  join(): Promise<void> {
    return this.#joined.promise;
  }

  /** Breaks: `join` rejects. */
  breakDown(error: Error): void {
    this.#joined.reject(error);
  }

  /** The states of a task so far. */
  states(taskId: string): (TaskState | undefined)[] {
    return this.updates.get(taskId)?.map(({ state }) => state) ?? [];
  }

  /** Waits for a state of a task. */
  reached(taskId: string, state: TaskState): Promise<TaskUpdate> {
    const find = () => this.updates.get(taskId)?.find((update) => update.state === state);
    return waitFor(find, `${state} of ${taskId}`);
  }

  /** Waits for the end of a task. */
  async ended(taskId: string): Promise<TaskOutcome & { state: TaskState }> {
    const find = () => this.updates.get(taskId)?.find(({ state }) => TERMINAL.includes(state));
    const update = await waitFor(find, `the end of ${taskId}`);
    return { ...decodeOutcome(update), state: update.state as TaskState };
  }
}

/** Deploys nothing but says so; the user script named "missing" can't be had. */
export class FakeDeployment implements JobDeployment {
  /** Whether `clean` was called. */
  isCleaned = false;
  readonly #rootDirectory: string;

  /**
   * Has deployed nothing.
   *
   * @param rootDirectory Where it would.
   */
  constructor(rootDirectory: string) {
    this.#rootDirectory = rootDirectory;
  }

  /** Variables as the real one gives them. */
  environmentFor(pickledResource: string): Promise<Record<string, string>> {
    if (pickledResource === "missing") {
      return Promise.reject(new Error("Cannot download x: HTTP 404"));
    }
    if (pickledResource === "never") return new Promise(() => {});
    return Promise.resolve({ TOIL_MESOS_USER_SCRIPT: `${this.#rootDirectory}/${pickledResource}` });
  }

  /** Takes note. */
  clean(): Promise<void> {
    this.isCleaned = true;
    return Promise.resolve();
  }
}

/** An agent with two GPUs. */
export const AGENT_INFO: AgentInfo = {
  hostname: "10.0.0.5",
  resources: [
    { name: "cpus", type: "SCALAR", scalar: { value: 4 } },
    { name: "gpus", type: "SCALAR", scalar: { value: 2 } },
  ],
};

/** A task of a job. */
export function taskInfo(
  taskId: string,
  job: Partial<TaskData> = {},
  rest: Partial<TaskInfo> = {},
): TaskInfo {
  return {
    name: taskId,
    task_id: { value: taskId },
    agent_id: { value: "agent" },
    data: encodeTaskData({ jobID: 7, command: "true", environment: {}, ...job }),
    ...rest,
  };
}

/** A running executor: its sandbox, its driver, and a way to end it. `await using`. */
export class TestExecutor implements AsyncDisposable {
  /** The sandbox. */
  readonly sandbox: string = Deno.makeTempDirSync();
  /** What it says. */
  readonly driver = new FakeExecutorDriver();
  /** Where user scripts would be. */
  readonly deployment = new FakeDeployment(`${this.sandbox}/resources`);
  /** Its exit code, once it has ended. */
  readonly exitCode: Promise<number>;
  #executor: Executor | undefined;

  /**
   * Starts an executor and registers it.
   *
   * @param environment Added to that of the executor.
   */
  constructor(environment: Record<string, string> = {}) {
    this.exitCode = runExecutor({
      environment: {
        PATH: Deno.env.get("PATH") ?? "",
        MESOS_AGENT_ENDPOINT: "127.0.0.1:5051",
        MESOS_SANDBOX: this.sandbox,
        MESOS_FRAMEWORK_ID: "framework",
        MESOS_EXECUTOR_ID: "executor",
        MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "10secs",
        ...environment,
      },
      createDriver: (executor) => {
        this.#executor = executor;
        return this.driver;
      },
      createDeployment: () => this.deployment,
    });
    this.executor.registered(
      this.driver,
      {
        executor_id: { value: "executor" },
      },
      { user: "", name: "" },
      AGENT_INFO,
    );
  }

  /** What the driver calls. */
  get executor(): Executor {
    if (!this.#executor) throw new Error("The executor made no driver");
    return this.#executor;
  }

  /** Launches a job. */
  launch(taskId: string, job: Partial<TaskData> = {}, rest: Partial<TaskInfo> = {}): void {
    this.executor.launchTask(this.driver, taskInfo(taskId, job, rest));
  }

  /** Launches a job and waits for its end. */
  run(taskId: string, job: Partial<TaskData> = {}): ReturnType<FakeExecutorDriver["ended"]> {
    this.launch(taskId, job);
    return this.driver.ended(taskId);
  }

  /** Asks for the end of a task. */
  kill(taskId: string, graceMs?: number): void {
    const policy = graceMs === undefined
      ? undefined
      : { grace_period: { nanoseconds: graceMs * NANOSECONDS_PER_MS } };
    this.executor.killTask(this.driver, { value: taskId }, policy);
  }

  /** The path of a file that a job made in its directory. */
  path(taskId: string, name: string): string {
    return `${this.sandbox}/jobs/${taskId}/${name}`;
  }

  /** The text of such a file. */
  text(taskId: string, name: string): string {
    return Deno.readTextFileSync(this.path(taskId, name));
  }

  /** Waits for a process id in such a file. */
  pid(taskId: string, name: string): Promise<number> {
    const read = () => {
      try {
        return parseInt(this.text(taskId, name));
      } catch {
        return undefined;
      }
    };
    return waitFor(read, `process id in ${name} of ${taskId}`);
  }

  /** Shuts the executor down and removes the sandbox. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.executor.shutdown(this.driver);
    await this.exitCode;
    await Deno.remove(this.sandbox, { recursive: true });
  }
}
