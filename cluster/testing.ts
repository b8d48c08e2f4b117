/**
 * What tests of the cluster need: a framework and its tasks as in the captures, raw HTTP, and a
 * scheduler that does and shows just what a test wants.
 *
 * @module
 */

import {
  type Codec,
  type MediaType,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../mesos/wire/codec.ts";
import type {
  ExecutorInfo,
  FrameworkInfo,
  MesosResource,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../mesos/wire/messages.ts";
import { RecordIoDecoder } from "../mesos/wire/recordio.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import {
  type AgentHandle,
  type AgentOptions,
  type MasterHandle,
  type MasterOptions,
  startAgent,
  startMaster,
} from "./cluster.ts";

/** A framework like the one of the captures. */
export const CAPTURE_FRAMEWORK: FrameworkInfo = {
  user: "root",
  name: "capture",
  roles: ["*"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
  failover_timeout: 60,
  checkpoint: true,
};

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

/** An executor that holds a cpu, so that its container outlives its tasks. */
export function lastingExecutor(command?: string): ExecutorInfo {
  return { ...idleExecutor("toil-1", command), resources: [scalar("cpus", 0.01)] };
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

/** The bytes of a random UUID. */
export function randomUuid(): Uint8Array {
  return Uint8Array.fromHex(crypto.randomUUID().replaceAll("-", ""));
}

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

/** Options of {@linkcode ApiClient}. */
export interface ApiClientOptions<Call, Event> {
  /** Where to post calls. */
  url: URL;
  /** Of calls. */
  callCodec: Codec<Call>;
  /** Of events. */
  eventCodec: Codec<Event>;
  /** The encoding of both. */
  mediaType: MediaType;
  /** Sent with every call. */
  headers: Record<string, string>;
}

/** One side of an API: calls out, events in. */
export class ApiClient<Call, Event extends { type?: string | undefined }> {
  /** All events so far. */
  readonly events: Event[] = [];
  /** What came with the stream. */
  headers: Headers | undefined;
  readonly #options: ApiClientOptions<Call, Event>;
  readonly #taken = new Set<Event>();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading: Promise<void> = Promise.resolve();
  #ended = false;

  /**
   * A client without a stream.
   *
   * @param options Which API, and how to speak to it.
   */
  constructor(options: ApiClientOptions<Call, Event>) {
    this.#options = options;
  }

  /** Sends the call that opens the stream. */
  async open(call: Call): Promise<void> {
    const response = await this.#post(call);
    if (response.status !== 200 || !response.body) {
      throw new Error(`Cannot subscribe: ${response.status} ${await response.text()}`);
    }
    this.headers = response.headers;
    this.#reader = response.body.getReader();
    this.#reading = this.#read(this.#reader);
  }

  /** Sends another call. */
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

  /** Leaves the stream. */
  async close(): Promise<void> {
    // Not by an abort signal: Deno forgets those of fetch when it collects garbage.
    await this.#reader?.cancel().catch(() => {});
    await this.#reading;
  }

  /** Waits until the server has ended the stream. */
  async finished(): Promise<void> {
    await waitFor(() => this.#ended, "the end of the stream");
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
      this.#ended = true;
    }
  }
}

/** A cluster without credentials: tests speak for its executors, whose tokens they don't have. */
export interface OpenCluster {
  /** The master. */
  readonly master: MasterHandle;
  /** Its only agent, registered. */
  readonly agent: AgentHandle;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts a master and an agent that let everybody in. */
export async function startOpenCluster(
  { master: masterOptions = {}, agent: agentOptions = {}, workDirectory }: {
    master?: MasterOptions;
    agent?: Partial<AgentOptions>;
    workDirectory?: string | undefined;
  } = {},
): Promise<OpenCluster> {
  const directory = workDirectory ?? await Deno.makeTempDir();
  const master = startMaster({ workDirectory: `${directory}/master`, ...masterOptions });
  const agent = startAgent({
    master: master.url,
    workDirectory: `${directory}/agent-0`,
    ...agentOptions,
  });
  await agent.registered;
  const stop = async () => {
    await agent.stop();
    await master.stop();
    if (workDirectory === undefined) await Deno.remove(directory, { recursive: true });
  };
  return { master, agent, stop };
}

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
