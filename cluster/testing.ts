/**
 * What tests of the cluster need: a scheduler and an executor that do and show just what a test
 * wants, over raw HTTP.
 *
 * @module
 */

import {
  type Codec,
  executorCallCodec,
  executorEventCodec,
  JSON_TYPE,
  type MediaType,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../mesos/codec.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  ExecutorInfo,
  FrameworkInfo,
  MesosResource,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../mesos/messages.ts";
import { RecordIoDecoder } from "../mesos/recordio.ts";
import { waitFor } from "../tests/wait_for.ts";

/** An answer that was read to its end. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** The headers. */
  headers: Headers;
  /** The body. */
  body: string;
}

/** Sends a request and reads the answer. */
export async function ask(
  url: URL | string,
  init: RequestInit & { client?: Deno.HttpClient } = {},
): Promise<Answer> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, headers, body: await response.text() };
}

interface ApiClientOptions<Call, Event> {
  url: URL;
  callCodec: Codec<Call>;
  eventCodec: Codec<Event>;
  mediaType: MediaType;
  headers: Record<string, string>;
}

/** One side of an API: calls out, events in. */
class ApiClient<Call, Event extends { type?: string | undefined }> {
  readonly events: Event[] = [];
  readonly #options: ApiClientOptions<Call, Event>;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  headers: Headers | undefined;
  ended = false;
  #taken = new Set<Event>();
  #reading: Promise<void> = Promise.resolve();

  constructor(options: ApiClientOptions<Call, Event>) {
    this.#options = options;
  }

  async open(call: Call): Promise<void> {
    const response = await this.#post(call);
    if (response.status !== 200 || !response.body) {
      throw new Error(`Cannot subscribe: ${response.status} ${await response.text()}`);
    }
    this.headers = response.headers;
    this.#reader = response.body.getReader();
    this.#reading = this.#read(this.#reader);
  }

  async send(call: Call, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.#post(call, headers);
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** The next event that fits and that was not taken before, as soon as it is there. */
  async take(fits: (event: Event) => boolean, what: string): Promise<Event> {
    const event = await waitFor(
      () => this.events.find((each) => !this.#taken.has(each) && fits(each)),
      what,
    );
    this.#taken.add(event);
    return event;
  }

  async close(): Promise<void> {
    // Not by an abort signal: Deno forgets those of fetch when it collects garbage.
    await this.#reader?.cancel().catch(() => {});
    await this.#reading;
  }

  /** Waits until the server has ended the stream. */
  async finished(): Promise<void> {
    await waitFor(() => this.ended, "the end of the stream");
  }

  #post(call: Call, headers: Record<string, string> = {}): Promise<Response> {
    const { url, callCodec, mediaType } = this.#options;
    return fetch(url, {
      method: "POST",
      headers: {
        ...this.#options.headers,
        ...headers,
        "Content-Type": mediaType,
        Accept: mediaType,
      },
      body: callCodec.encode(call, mediaType) as Uint8Array<ArrayBuffer>,
    });
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new RecordIoDecoder();
    try {
      for (let { value } = await reader.read(); value; { value } = await reader.read()) {
        for (const record of decoder.push(value)) {
          this.events.push(this.#options.eventCodec.decode(record, this.#options.mediaType));
        }
      }
    } catch {
      // Broken or left: in either case it is over.
    } finally {
      this.ended = true;
    }
  }
}

/** A framework like the one of the captures. */
export const CAPTURE_FRAMEWORK: FrameworkInfo = {
  user: "root",
  name: "capture",
  roles: ["*"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
  failover_timeout: 60,
  checkpoint: true,
};

/** Options of {@linkcode TestScheduler}. */
export interface TestSchedulerOptions {
  /** What differs from {@linkcode CAPTURE_FRAMEWORK}. */
  framework?: Partial<FrameworkInfo>;
  /** Roles that get no offers. */
  suppressedRoles?: string[];
  /** The encoding of calls and events. @default {PROTOBUF} */
  mediaType?: MediaType;
  /** Sent with every call. */
  headers?: Record<string, string>;
}

/** A scheduler that does what it is told. */
export class TestScheduler {
  readonly #client: ApiClient<SchedulerCall, SchedulerEvent>;
  /** Given by the master. */
  frameworkId = "";

  /**
   * A scheduler that has not subscribed.
   *
   * @param master Where the master is.
   * @param options How to speak to it.
   */
  constructor(master: URL, { mediaType = PROTOBUF, headers = {} }: TestSchedulerOptions = {}) {
    this.#client = new ApiClient<SchedulerCall, SchedulerEvent>({
      url: new URL("/api/v1/scheduler", master),
      callCodec: schedulerCallCodec,
      eventCodec: schedulerEventCodec,
      mediaType,
      headers,
    });
  }

  /** Subscribes, and waits for the first event: SUBSCRIBED or ERROR. */
  static async subscribe(
    master: URL,
    options: TestSchedulerOptions = {},
  ): Promise<TestScheduler> {
    const scheduler = new TestScheduler(master, options);
    const info = { ...CAPTURE_FRAMEWORK, ...options.framework };
    await scheduler.#client.open({
      type: "SUBSCRIBE",
      subscribe: { framework_info: info, suppressed_roles: options.suppressedRoles ?? [] },
      ...(info.id ? { framework_id: info.id } : {}),
    });
    const first = await waitFor(() => scheduler.events[0], "the first event");
    scheduler.frameworkId = first.subscribed?.framework_id.value ?? "";
    return scheduler;
  }

  /** All events so far. */
  get events(): SchedulerEvent[] {
    return this.#client.events;
  }

  /** What came with the answer to SUBSCRIBE. */
  get headers(): Headers {
    return this.#client.headers ?? new Headers();
  }

  /** What every call must carry. */
  get streamId(): string {
    return this.headers.get("Mesos-Stream-Id") ?? "";
  }

  /** Sends a call that must be accepted. */
  async call(call: SchedulerCall): Promise<void> {
    const { status, body } = await this.send(call);
    if (status !== 202) throw new Error(`${call.type} was answered with ${status}: ${body}`);
  }

  /** Sends a call. */
  send(call: SchedulerCall, streamId = this.streamId): Promise<Answer> {
    const headers: Record<string, string> = streamId ? { "Mesos-Stream-Id": streamId } : {};
    return this.#client.send({ framework_id: { value: this.frameworkId }, ...call }, headers);
  }

  /** The next event of a type. */
  event(type: SchedulerEvent["type"]): Promise<SchedulerEvent> {
    return this.#client.take((event) => event.type === type, `a ${type}`);
  }

  /** The next offers. */
  async offers(): Promise<Offer[]> {
    return (await this.event("OFFERS")).offers?.offers ?? [];
  }

  /** The next update of a task, of a state where one is named. */
  async update(taskId: string, state?: TaskState): Promise<TaskStatus> {
    const event = await this.#client.take(
      ({ update }) =>
        update?.status.task_id.value === taskId && (!state || update.status.state === state),
      `an update of ${taskId} ${state ?? ""}`,
    );
    return event.update?.status as TaskStatus;
  }

  /** Confirms an update. */
  acknowledge({ task_id, agent_id = { value: "" }, uuid }: TaskStatus): Promise<void> {
    if (!uuid) throw new Error(`The update of ${task_id.value} has no UUID`);
    return this.call({ type: "ACKNOWLEDGE", acknowledge: { task_id, agent_id, uuid } });
  }

  /** Takes the next update of a task and confirms it. */
  async acknowledged(taskId: string, state?: TaskState): Promise<TaskStatus> {
    const status = await this.update(taskId, state);
    await this.acknowledge(status);
    return status;
  }

  /** Launches tasks on an offer. */
  async launch(offer: Offer, tasks: TaskInfo[], refuseSeconds = 0): Promise<void> {
    await this.call({
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
        filters: { refuse_seconds: refuseSeconds },
      },
    });
  }

  /** Ends the framework. */
  async teardown(): Promise<void> {
    await this.call({ type: "TEARDOWN" });
    await this.#client.finished();
  }

  /** Waits until the master has ended the stream. */
  finished(): Promise<void> {
    return this.#client.finished();
  }

  /** Leaves without a word. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** A scalar as a framework asks for it. */
export function scalar(name: string, value: number, role = "*"): MesosResource {
  return { name, type: "SCALAR", scalar: { value }, allocation_info: { role } };
}

/** Amounts in the order in which people name them. */
export interface Amounts {
  /** Processors. */
  cpus?: number;
  /** MiB of memory. */
  mem?: number;
  /** MiB of disk. */
  disk?: number;
}

/** An executor whose process only waits: a test speaks for it. */
export function idleExecutor(id = "toil-1", command = "exec sleep 1000"): ExecutorInfo {
  return {
    type: "CUSTOM",
    executor_id: { value: id },
    name: "toil",
    command: { value: command },
  };
}

/** A task as in the captures. */
export function task(
  id: string,
  offer: Offer,
  { cpus = 0.5, mem = 64, disk = 10, executor = idleExecutor() }: Amounts & {
    executor?: ExecutorInfo;
  } = {},
): TaskInfo {
  return {
    name: `job ${id}`,
    task_id: { value: id },
    agent_id: offer.agent_id,
    executor,
    resources: [scalar("cpus", cpus), scalar("mem", mem), scalar("disk", disk)],
  };
}

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

/** The bytes of a random UUID. */
export function randomUuid(): Uint8Array {
  return Uint8Array.fromHex(crypto.randomUUID().replaceAll("-", ""));
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

export { JSON_TYPE, PROTOBUF };
