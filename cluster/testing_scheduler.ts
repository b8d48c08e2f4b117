/**
 * A scheduler for tests, which does and shows just what a test wants.
 *
 * @module
 */

import {
  type MediaType,
  PROTOBUF,
  schedulerCallCodec,
  schedulerEventCodec,
} from "../mesos/codec.ts";
import type {
  FrameworkInfo,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../mesos/messages.ts";
import { waitFor } from "../tests/wait_for.ts";
import { CAPTURE_FRAMEWORK } from "./testing.ts";
import { type Answer, ApiClient } from "./testing_client.ts";

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
