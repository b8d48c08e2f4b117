/**
 * A real executor with an agent that costs it nothing: it takes every update and acknowledges it.
 *
 * @module
 */

import { isTerminal } from "../../cluster/protocol/task_status.ts";
import { EXECUTOR_V8_FLAGS } from "../../job/inherited_environment.ts";
import { encodeTaskData } from "../../job/task_data.ts";
import { executorCallCodec, executorEventCodec } from "../../mesos/wire/codec.ts";
import type { ExecutorCall, ExecutorEvent, TaskStatus } from "../../mesos/wire/messages.ts";
import { executorsWith } from "../../tests/kit/processes.ts";
import { type ReceivedCall, StubMesos } from "../../tests/kit/stub_mesos.ts";
import { type CpuTime, cpuTimeOf } from "./cpu_time.ts";

const IDS = { executor_id: { value: "executor" }, framework_id: { value: "framework" } };
const AGENT_ID = { value: "agent" };

/** What a number of jobs took: time, and the CPU time of the executor and of their commands. */
export interface ExecutorRun extends CpuTime {
  readonly ms: number;
}

/** An executor and its agent; `await using` ends both. */
export class BenchExecutor implements AsyncDisposable {
  readonly #agent: StubMesos<ExecutorCall, ExecutorEvent>;
  readonly #sandbox = Deno.makeTempDirSync({ prefix: "toil-mesos-bench-sandbox-" });
  readonly #mark = crypto.randomUUID();
  readonly #process: Deno.ChildProcess;
  readonly #startedAt = performance.now();
  readonly #subscribed = Promise.withResolvers<void>();
  readonly #firstUpdate = Promise.withResolvers<number>();
  /** Rejects at the end of the process. */
  readonly #exit: Promise<never>;
  #ended: (status: TaskStatus) => void = () => {};
  #launched = 0;

  /** Starts the program that the words name; a first task waits for it. */
  constructor(command: string) {
    this.#agent = new StubMesos<ExecutorCall, ExecutorEvent>({
      callCodec: executorCallCodec,
      eventCodec: executorEventCodec,
      answer: (received) => this.#answer(received),
    });
    this.#process = new Deno.Command("/bin/sh", {
      args: ["-c", `DENO_V8_FLAGS=${EXECUTOR_V8_FLAGS} exec ${command} executor`],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        MESOS_AGENT_ENDPOINT: `127.0.0.1:${this.#agent.port}`,
        MESOS_SANDBOX: this.#sandbox,
        MESOS_FRAMEWORK_ID: "framework",
        MESOS_EXECUTOR_ID: "executor",
        MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "5secs",
        TOIL_MESOS_LOG_LEVEL: "WARN",
        TOIL_MESOS_BENCH_MARK: this.#mark,
      },
      cwd: this.#sandbox,
      stdin: "null",
      stdout: "null",
    }).spawn();
    this.#exit = this.#process.status.then(({ code }) => {
      throw new Error(`Cannot measure the executor: it has ended with exit code ${code}`);
    });
    // While nothing is measured, its end is no failure.
    this.#exit.catch(() => {});
  }

  /**
   * Milliseconds from the start of the process to the first update of the first task.
   *
   * @throws {Error} when the process ends.
   */
  async firstUpdateMs(): Promise<number> {
    await this.#whileAlive(this.#subscribed.promise);
    this.#launch("true");
    return await this.#whileAlive(this.#firstUpdate.promise) - this.#startedAt;
  }

  /** Its process. */
  get pid(): number {
    const [pid] = executorsWith({ TOIL_MESOS_BENCH_MARK: this.#mark });
    if (pid === undefined) throw new Error("Cannot find the executor: it has ended");
    return pid;
  }

  /**
   * Runs jobs, up to a number at a time; resolves to what that took.
   *
   * @throws {Error} when a job fails or the process ends.
   */
  async run(count: number, parallelism: number): Promise<ExecutorRun> {
    const { pid } = this;
    const before = cpuTimeOf(pid);
    const start = performance.now();
    const all = Promise.withResolvers<void>();
    let [begun, ended] = [0, 0];
    const next = () => {
      if (begun++ < count) this.#launch("true");
    };
    this.#ended = ({ state, message }) => {
      if (state !== "TASK_FINISHED") all.reject(new Error(`A job ended as ${state}: ${message}`));
      if (++ended === count) all.resolve();
      next();
    };
    await this.#whileAlive(this.#subscribed.promise);
    for (let slot = 0; slot < parallelism; slot++) next();
    await this.#whileAlive(all.promise);
    this.#ended = () => {};
    const ms = performance.now() - start;
    const after = cpuTimeOf(pid);
    return {
      ms,
      ownMs: after.ownMs - before.ownMs,
      childrenMs: after.childrenMs - before.childrenMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.emit({ type: "SHUTDOWN" });
    await this.#process.status;
    await this.#agent.abandon();
    await Deno.remove(this.#sandbox, { recursive: true });
  }

  #whileAlive<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#exit]);
  }

  #answer({ call }: ReceivedCall<ExecutorCall>): undefined {
    // Once the answer is on its way.
    if (call.type === "SUBSCRIBE") setTimeout(() => this.#subscribe(), 0);
    const status = call.update?.status;
    if (!status?.uuid) return;
    this.#firstUpdate.resolve(performance.now());
    // Many calls would be a leak of the stub's.
    this.#agent.calls.length = 0;
    this.#agent.emit({
      type: "ACKNOWLEDGED",
      acknowledged: { task_id: status.task_id, uuid: status.uuid },
    });
    if (status.state && isTerminal(status.state)) this.#ended(status);
  }

  #subscribe(): void {
    this.#agent.emit({
      type: "SUBSCRIBED",
      subscribed: {
        executor_info: { executor_id: IDS.executor_id, framework_id: IDS.framework_id },
        framework_info: { user: "", name: "" },
        agent_info: { hostname: "127.0.0.1", id: AGENT_ID },
      },
    });
    this.#subscribed.resolve();
  }

  #launch(command: string): void {
    const jobID = ++this.#launched;
    this.#agent.emit({
      type: "LAUNCH",
      launch: {
        task: {
          name: "short",
          task_id: { value: `${jobID}-1-bench` },
          agent_id: AGENT_ID,
          resources: [{ name: "mem", type: "SCALAR", scalar: { value: 32 } }],
          data: encodeTaskData({
            jobID,
            command,
            environment: {},
            workerCleanup: { workflowID: "bench", cleanWorkDir: "always" },
          }),
        },
      },
    });
  }
}
