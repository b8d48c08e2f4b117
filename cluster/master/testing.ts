/**
 * A master's logic alone, with a clock that stands until it is told to go on.
 *
 * @module
 */

import type {
  FrameworkInfo,
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import type { AgentMessage, MasterMessage, Registration } from "../protocol/agent_protocol.ts";
import { parseResources } from "../resources/resource_text.ts";
import type { MasterEffect, MasterTimeout } from "./core/master_effects.ts";
import { type MasterInput, step } from "./core/master_step.ts";
import { MasterState, type MasterStateOptions } from "./core/master_state.ts";

/** A master and what it wanted done. */
export class LogicalMaster {
  /** What it knows. */
  readonly state: MasterState;
  /** Everything that it wanted done so far. */
  readonly effects: MasterEffect[] = [];
  /** Its clock, in milliseconds. */
  nowMs = 1_000_000;
  #streams = 0;
  #links = 0;

  /**
   * A master that knows nobody.
   *
   * @param options What differs from Mesos' defaults.
   */
  constructor(options: Partial<MasterStateOptions> = {}) {
    this.state = new MasterState({
      info: { id: "M", ip: 0, port: 5050 },
      registry: { agents: [], unreachable: {} },
      allocationIntervalMs: 1000,
      agentPingTimeoutMs: 15_000,
      maxAgentPingTimeouts: 5,
      agentReregisterTimeoutMs: 600_000,
      heartbeatIntervalMs: 15_000,
      now: () => this.nowMs,
      shuffle: (items) => items,
      ...options,
    });
  }

  /** Something happens; gives what is to be done about it. */
  take(input: MasterInput): MasterEffect[] {
    const effects = step(this.state, input);
    this.effects.push(...effects);
    return effects;
  }

  /** A timer fires. */
  timeout(timeout: MasterTimeout): MasterEffect[] {
    return this.take({ type: "TIMEOUT", timeout });
  }

  /** The allocation interval is over. */
  allocate(): MasterEffect[] {
    return this.take({ type: "ALLOCATE" });
  }

  /** A framework subscribes. */
  subscribe(info: Partial<FrameworkInfo> = {}, suppressedRoles: string[] = []): LogicalFramework {
    const streamId = `stream-${++this.#streams}`;
    const framework_info = {
      user: "root",
      name: "test",
      roles: ["*"],
      capabilities: [{ type: "MULTI_ROLE" as const }, { type: "PARTITION_AWARE" as const }],
      checkpoint: true,
      failover_timeout: 60,
      ...info,
    };
    this.take({
      type: "SUBSCRIBE",
      streamId,
      subscribe: { framework_info, suppressed_roles: suppressedRoles },
    });
    return new LogicalFramework(this, streamId);
  }

  /** An agent registers. */
  register(
    resources = "cpus:4;mem:4096;disk:10000",
    registration: Partial<Registration> = {},
  ): LogicalAgent {
    const linkId = `link-${++this.#links}`;
    this.take({
      type: "REGISTER",
      linkId,
      registration: {
        info: { hostname: "host", port: 5051, resources: parseResources(resources) },
        address: { ip: "127.0.0.1", port: 5051 + this.#links },
        frameworks: [],
        executors: [],
        tasks: [],
        ...registration,
      },
    });
    return new LogicalAgent(this, linkId);
  }
}

/** A framework and what it was told. */
export class LogicalFramework {
  readonly #master: LogicalMaster;
  /** Its stream. */
  readonly streamId: string;
  /** Its id; empty where it was refused. */
  readonly id: string;

  /**
   * A framework that has subscribed.
   *
   * @param master To whom.
   * @param streamId On which stream.
   */
  constructor(master: LogicalMaster, streamId: string) {
    this.#master = master;
    this.streamId = streamId;
    const [subscribed] = this.events;
    this.id = subscribed?.subscribed?.framework_id.value ?? "";
  }

  /** All that it was told. */
  get events(): SchedulerEvent[] {
    return this.#master.effects.flatMap((effect) =>
      effect.type === "EVENT" && effect.streamId === this.streamId ? [effect.event] : []
    );
  }

  /** The offers that it was made. */
  get offers(): Offer[] {
    return this.events.flatMap(({ offers }) => offers?.offers ?? []);
  }

  /** The updates that it was sent. */
  get updates(): TaskStatus[] {
    return this.events.flatMap(({ update }) => update ? [update.status] : []);
  }

  /** The last of them, in short. */
  get lastUpdate(): [TaskState | undefined, string | undefined, string | undefined] {
    const status = this.updates.at(-1);
    return [status?.state, status?.reason, status?.message];
  }

  /** It makes a call. */
  call(call: SchedulerCall): MasterEffect[] {
    const framework = this.#master.state.frameworks.get(this.id);
    if (!framework) throw new Error(`Cannot call: framework ${this.id} is gone`);
    return this.#master.take({ type: "CALL", framework, call });
  }

  /** It launches tasks on offers. */
  launch(offers: readonly Offer[], tasks: TaskInfo[], refuseSeconds?: number): MasterEffect[] {
    return this.call({
      type: "ACCEPT",
      accept: {
        offer_ids: offers.map(({ id }) => id),
        operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
        ...(refuseSeconds === undefined ? {} : { filters: { refuse_seconds: refuseSeconds } }),
      },
    });
  }

  /** It declines an offer. */
  decline(offer: Offer | undefined, refuseSeconds?: number): MasterEffect[] {
    return this.call({
      type: "DECLINE",
      decline: {
        offer_ids: offer ? [offer.id] : [],
        ...(refuseSeconds === undefined ? {} : { filters: { refuse_seconds: refuseSeconds } }),
      },
    });
  }

  /** Its connection breaks. */
  disconnect(): MasterEffect[] {
    return this.#master.take({ type: "STREAM_CLOSED", streamId: this.streamId });
  }
}

/** An agent and what it was told. */
export class LogicalAgent {
  readonly #master: LogicalMaster;
  /** Its link. */
  readonly linkId: string;
  /** Its id. */
  readonly id: string;

  /**
   * An agent that has registered.
   *
   * @param master With whom.
   * @param linkId By which link.
   */
  constructor(master: LogicalMaster, linkId: string) {
    this.#master = master;
    this.linkId = linkId;
    const registered = this.messages.find(({ type }) => type === "REGISTERED");
    this.id = registered?.type === "REGISTERED" ? registered.agentId : "";
  }

  /** All that it was told. */
  get messages(): MasterMessage[] {
    return this.#master.effects.flatMap((effect) =>
      effect.type === "AGENT_MESSAGE" && effect.linkId === this.linkId ? [effect.message] : []
    );
  }

  /** The ids of the tasks that it was told to run. */
  get launched(): string[] {
    return this.messages.flatMap((message) =>
      message.type === "RUN_TASK" ? [message.task.task_id.value] : []
    );
  }

  /** It tells something. */
  tell(message: AgentMessage): MasterEffect[] {
    return this.#master.take({ type: "AGENT_MESSAGE", linkId: this.linkId, message });
  }

  /** It passes on an update of an executor, with the UUID of the given number. */
  update(frameworkId: string, taskId: string, state: TaskState, uuid = 1): MasterEffect[] {
    return this.tell({
      type: "STATUS_UPDATE",
      frameworkId,
      status: {
        task_id: { value: taskId },
        agent_id: { value: this.id },
        state,
        source: "SOURCE_EXECUTOR",
        uuid: uuidOf(uuid),
      },
      latestState: state,
    });
  }

  /** Its link breaks. */
  disconnect(): MasterEffect[] {
    return this.#master.take({ type: "LINK_CLOSED", linkId: this.linkId });
  }
}

/** A UUID of a number. */
export function uuidOf(number: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[6] = 0x40;
  bytes[15] = number;
  return bytes;
}
