/**
 * The master's own core over all its lives, with simulated links, streams and timers around it. Its
 * registry is all that it remembers, if it is kept.
 *
 * @module
 */

import type { MasterEffect, Registry } from "../../cluster/master/core/master_effects.ts";
import { MasterState } from "../../cluster/master/core/master_state.ts";
import { type MasterInput, step } from "../../cluster/master/core/master_step.ts";
import { updateFramework } from "../../cluster/master/core/framework_subscription.ts";
import { callError } from "../../cluster/master/scheduler_call.ts";
import { InputQueue } from "../../cluster/input_queue.ts";
import type { AgentMessage, Registration } from "../../cluster/protocol/agent_protocol.ts";
import { isTerminal } from "../../cluster/protocol/task_status.ts";
import { timerName } from "../../cluster/timers.ts";
import type { SchedulerCall, SchedulerEvent } from "../../mesos/wire/messages.ts";
import { type Audit, Violation } from "./audit.ts";
import type { SimAgent, SimLink } from "./sim_agent.ts";
import type { World } from "./world.ts";

const ALLOCATION_MS = 1_000;
const HEARTBEAT_MS = 15_000;
const OFFER_ANSWER_LIMIT_MS = 60_000;

const EMPTY: Registry = { agents: [], unreachable: {} };

/** What agents need of the master. */
export interface MasterPort {
  readonly isUp: boolean;
  register(agent: SimAgent, link: SimLink, registration: Registration): void;
  agentMessage(link: SimLink, message: AgentMessage): void;
  linkClosed(link: SimLink): void;
}

/** Where the events of a stream go. */
export interface StreamSink {
  event(event: SchedulerEvent): void;
  closed(): void;
}

/** The answer to a call. */
export interface CallAnswer {
  readonly status: number;
  readonly body: string;
}

const ACCEPTED: CallAnswer = { status: 202, body: "" };

/** The master. */
export class SimMaster implements MasterPort {
  isUp = false;
  state: MasterState;
  /** All machines that ever were, by their addresses. */
  readonly agentsByIp = new Map<string, SimAgent>();
  readonly #world: World;
  readonly #audit: Audit;
  readonly #links = new Map<string, { agent: SimAgent; link: SimLink }>();
  readonly #streams = new Map<string, StreamSink>();
  readonly #timers = new Map<string, () => void>();
  readonly #offeredMs = new Map<string, number>();
  readonly #removed = new Set<string>();
  #inputs = new InputQueue<MasterInput>((input) => this.#handle(input));
  #registry = EMPTY;
  #ids = 0;
  #life = 0;

  constructor(world: World, audit: Audit) {
    this.#world = world;
    this.#audit = audit;
    this.state = this.#newState();
  }

  /** Leads, on what the registry has. */
  start(): void {
    this.isUp = true;
    this.state = this.#newState();
    this.#inputs = new InputQueue((input) => this.#handle(input));
    const life = ++this.#life;
    this.take({ type: "START" });
    const allocate = () => {
      if (life !== this.#life) return;
      this.take({ type: "ALLOCATE" });
      this.#world.after(ALLOCATION_MS, allocate);
    };
    allocate();
  }

  /** Dies; everything but the registry is forgotten, and that too if it was kept in memory. */
  crash({ keepsRegistry }: { keepsRegistry: boolean }): void {
    this.#world.say(() => "master: dies");
    this.isUp = false;
    this.#life++;
    if (!keepsRegistry) {
      for (const { address } of this.state.agents.values()) this.#audit.excuse(address.ip);
      this.#registry = EMPTY;
    }
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    for (const sink of this.#streams.values()) sink.closed();
    this.#streams.clear();
    for (const { agent } of this.#links.values()) agent.breakLink();
    this.#links.clear();
  }

  take(input: MasterInput): void {
    this.#inputs.push(input);
  }

  // ---- agents

  register(agent: SimAgent, link: SimLink, registration: Registration): void {
    const linkId = `link-${++this.#ids}`;
    this.#links.set(linkId, { agent, link });
    this.take({ type: "REGISTER", linkId, registration });
  }

  agentMessage(link: SimLink, message: AgentMessage): void {
    const linkId = this.#idOf(link);
    if (this.isUp && linkId !== undefined) this.take({ type: "AGENT_MESSAGE", linkId, message });
  }

  linkClosed(link: SimLink): void {
    const linkId = this.#idOf(link);
    if (!this.isUp || linkId === undefined) return;
    this.#links.delete(linkId);
    this.take({ type: "LINK_CLOSED", linkId });
  }

  #idOf(link: SimLink): string | undefined {
    for (const [linkId, each] of this.#links) if (each.link === link) return linkId;
    return undefined;
  }

  // ---- the framework

  /** SUBSCRIBE: the id of the stream. */
  subscribe(call: SchedulerCall, sink: StreamSink): string {
    const streamId = `stream-${++this.#ids}`;
    this.#streams.set(streamId, sink);
    if (call.subscribe) this.take({ type: "SUBSCRIBE", streamId, subscribe: call.subscribe });
    return streamId;
  }

  /** The scheduler's end of a stream is gone. */
  streamLost(streamId: string): void {
    if (this.#streams.delete(streamId)) this.take({ type: "STREAM_CLOSED", streamId });
  }

  /** Any other call. */
  call(call: SchedulerCall, streamId: string | undefined): CallAnswer {
    const error = callError(call, undefined);
    if (error) throw new Violation(`the scheduler makes a bad call: ${error}`);
    const framework = this.state.frameworks.get(call.framework_id?.value ?? "");
    if (!framework) return { status: 400, body: "Framework cannot be found" };
    if (framework.connection !== "CONNECTED") {
      return { status: 403, body: "Framework is not subscribed" };
    }
    if (framework.streamId !== streamId) return { status: 400, body: "The stream ID didn't match" };
    if (!call.update_framework) {
      if (call.type === "TEARDOWN") this.#removed.add(framework.id);
      this.take({ type: "CALL", framework, call });
      return ACCEPTED;
    }
    const refusal = updateFramework(this.state, framework, call.update_framework);
    for (const effect of this.state.takeEffects()) this.#perform(effect);
    return refusal ? { status: 400, body: refusal } : { status: 200, body: "" };
  }

  /** An operator removes all frameworks. */
  removeFrameworks(): void {
    if (!this.isUp) return;
    for (const framework of [...this.state.frameworks.values()]) {
      this.#audit.excuseAll();
      this.#removed.add(framework.id);
      this.take({ type: "CALL", framework, call: { type: "TEARDOWN" } });
    }
  }

  /**
   * A master that has failed over learns of a removed framework from agents that had no link when it
   * was removed, and keeps its executors: until somebody tears it down.
   */
  removeReturned(): void {
    if (!this.isUp) return;
    for (const framework of [...this.state.frameworks.values()]) {
      if (framework.connection !== "RECOVERED" || !this.#removed.has(framework.id)) continue;
      this.take({ type: "CALL", framework, call: { type: "TEARDOWN" } });
    }
  }

  /** Nothing of the framework is left, and nothing is held back. */
  checkIdle(agents: readonly SimAgent[]): void {
    const gone = new Set(agents.filter(({ isDead }) => isDead).map(({ id }) => id));
    for (const { tasks } of this.state.frameworks.values()) {
      for (const { taskId, state, agentId } of tasks.values()) {
        if (isTerminal(state) || gone.has(agentId)) continue;
        throw new Violation(`task ${taskId} lives on as ${state}`);
      }
    }
    for (const id of this.state.offers.keys()) {
      const sinceMs = this.#offeredMs.get(id) ?? this.#world.nowMs;
      if (this.#world.nowMs - sinceMs <= OFFER_ANSWER_LIMIT_MS) continue;
      throw new Violation(`offer ${id} was never answered`);
    }
  }

  // ---- the shell

  #newState(): MasterState {
    return new MasterState({
      info: { id: `M${++this.#ids}`, ip: 0, port: 5050 },
      registry: structuredClone(this.#registry),
      allocationIntervalMs: ALLOCATION_MS,
      agentPingTimeoutMs: 15_000,
      maxAgentPingTimeouts: 5,
      agentReregisterTimeoutMs: 90_000,
      heartbeatIntervalMs: HEARTBEAT_MS,
      now: () => this.#world.nowMs,
      shuffle: (items) =>
        items.map((item) => ({ item, rank: this.#world.chance.next() }))
          .sort((a, b) => a.rank - b.rank).map(({ item }) => item),
    });
  }

  #handle(input: MasterInput): void {
    if (!this.isUp) return;
    for (const effect of step(this.state, input)) this.#perform(effect);
  }

  #perform(effect: MasterEffect): void {
    switch (effect.type) {
      case "EVENT":
        this.#watch(effect.event);
        return this.#streams.get(effect.streamId)?.event(effect.event);
      case "START_HEARTBEATS":
        return this.#beat(effect.streamId);
      case "CLOSE_STREAM":
        this.#streams.get(effect.streamId)?.closed();
        return void this.#streams.delete(effect.streamId);
      case "AGENT_MESSAGE": {
        const { agent, link } = this.#links.get(effect.linkId) ?? {};
        return link?.deliver("toAgent", () => agent?.receive(effect.message));
      }
      case "PING":
        return this.#ping(effect.agentId, { ip: effect.address.ip, connected: effect.connected });
      case "SAVE_REGISTRY":
        return this.#save(effect.registry);
      case "SET_TIMER": {
        const { timeout, afterMs } = effect;
        const name = timerName(timeout);
        this.#timers.get(name)?.();
        let isDue = true;
        this.#timers.set(name, () => isDue = false);
        return this.#world.after(afterMs, () => {
          if (isDue) this.take({ type: "TIMEOUT", timeout });
        });
      }
      case "CLEAR_TIMER":
        return void this.#timers.get(timerName(effect.timeout))?.();
    }
  }

  /** Of what the master says some may never be said. */
  #watch({ offers, update }: SchedulerEvent): void {
    for (const { id } of offers?.offers ?? []) this.#offeredMs.set(id.value, this.#world.nowMs);
    const { state, message, task_id, reason } = update?.status ?? {};
    // An executor may have ended on whose share the launch relied.
    const isRace = state === "TASK_ERROR" && message?.startsWith("Total resources ");
    const isWrong = state === "TASK_ERROR" || reason === "REASON_CONTAINER_UPDATE_FAILED";
    if (isWrong && !isRace) {
      throw new Violation(`task ${task_id?.value} is ${state}: ${message}`);
    }
  }

  #beat(streamId: string): void {
    const sink = this.#streams.get(streamId);
    if (!sink) return;
    sink.event({ type: "HEARTBEAT" });
    this.#world.after(HEARTBEAT_MS, () => this.#beat(streamId));
  }

  #ping(agentId: string, { ip, connected }: { ip: string; connected: boolean }): void {
    const life = this.#life;
    this.#world.after(this.#world.chance.between(1, 10), () => {
      const agent = this.agentsByIp.get(ip);
      if (life !== this.#life || !agent?.isReachable) return;
      agent.ping({ connected });
      this.take({ type: "PONG", agentId });
    });
  }

  /** What is unreachable may be given up. */
  #save(registry: Registry): void {
    this.#registry = structuredClone(registry);
    for (const id of Object.keys(registry.unreachable)) {
      for (const agent of this.agentsByIp.values()) {
        if (agent.id === id) this.#audit.excuse(agent.ip);
      }
    }
  }
}
