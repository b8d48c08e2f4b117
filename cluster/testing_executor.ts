/**
 * An executor for tests, which does and shows just what a test wants.
 *
 * @module
 */

import { executorCallCodec, executorEventCodec, type MediaType, PROTOBUF } from "../mesos/codec.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../mesos/messages.ts";
import { waitFor } from "../tests/wait_for.ts";
import { randomUuid } from "./testing.ts";
import { type Answer, ApiClient } from "./testing_client.ts";

/** Options of {@linkcode TestExecutor}. */
export interface TestExecutorOptions {
  /** Where the agent is. */
  agent: URL;
  /** Whose executor. */
  frameworkId: string;
  /** Which executor. @default {"toil-1"} */
  executorId?: string;
  /** The encoding of calls and events. @default {PROTOBUF} */
  mediaType?: MediaType;
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** Told by SUBSCRIBE. */
  unacknowledgedTasks?: TaskInfo[];
  /** Told by SUBSCRIBE. */
  unacknowledgedUpdates?: TaskStatus[];
}

/** Speaks for an executor. */
export class TestExecutor {
  readonly #client: ApiClient<ExecutorCall, ExecutorEvent>;
  readonly #ids: Pick<ExecutorCall, "framework_id" | "executor_id">;

  /**
   * An executor that has not subscribed.
   *
   * @param options Who it is.
   */
  constructor(options: TestExecutorOptions) {
    const { agent, frameworkId, executorId = "toil-1", mediaType = PROTOBUF } = options;
    this.#ids = { framework_id: { value: frameworkId }, executor_id: { value: executorId } };
    this.#client = new ApiClient<ExecutorCall, ExecutorEvent>({
      url: new URL("/api/v1/executor", agent),
      callCodec: executorCallCodec,
      eventCodec: executorEventCodec,
      mediaType,
      headers: options.headers ?? {},
    });
  }

  /** Subscribes, as soon as the agent knows the executor. */
  static async subscribe(options: TestExecutorOptions): Promise<TestExecutor> {
    const { unacknowledgedTasks = [], unacknowledgedUpdates = [] } = options;
    return await waitFor(async () => {
      const executor = new TestExecutor(options);
      try {
        await executor.#client.open({
          type: "SUBSCRIBE",
          ...executor.#ids,
          subscribe: {
            unacknowledged_tasks: unacknowledgedTasks,
            unacknowledged_updates: unacknowledgedUpdates.map((status) => ({ status })),
          },
        });
        return executor;
      } catch {
        return undefined;
      }
    }, "the subscription of an executor");
  }

  /** All events so far. */
  get events(): ExecutorEvent[] {
    return this.#client.events;
  }

  /** What came with the answer to SUBSCRIBE. */
  get headers(): Headers {
    return this.#client.headers ?? new Headers();
  }

  /** The next event of a type. */
  event(type: ExecutorEvent["type"]): Promise<ExecutorEvent> {
    return this.#client.take((event) => event.type === type, `a ${type}`);
  }

  /** Sends a call. */
  send(call: Partial<ExecutorCall>): Promise<Answer> {
    return this.#client.send({ ...this.#ids, ...call });
  }

  /** Tells the state of a task; gives what was told. */
  async tell(
    taskId: string,
    state: TaskState,
    more: Partial<TaskStatus> = {},
  ): Promise<TaskStatus> {
    const status: TaskStatus = {
      task_id: { value: taskId },
      executor_id: this.#ids.executor_id,
      state,
      source: "SOURCE_EXECUTOR",
      uuid: randomUuid(),
      message: "",
      ...more,
    };
    const answer = await this.send({ type: "UPDATE", update: { status } });
    if (answer.status !== 202) throw new Error(`UPDATE was answered with ${answer.body}`);
    return status;
  }

  /** Waits until the agent has ended the stream. */
  finished(): Promise<void> {
    return this.#client.finished();
  }

  /** Leaves without a word. */
  close(): Promise<void> {
    return this.#client.close();
  }
}
