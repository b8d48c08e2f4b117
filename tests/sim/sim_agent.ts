/**
 * A machine with an agent on it: the agent's own core, with a simulated link to the master, disk and
 * processes around it.
 *
 * @module
 */

import { recover } from "../../cluster/agent/recovery.ts";
import { registrationOf } from "../../cluster/agent/master_link.ts";
import { CheckpointedState } from "../../cluster/agent/core/agent_checkpoints.ts";
import type { AgentEffect, Run } from "../../cluster/agent/core/agent_effects.ts";
import { AgentState } from "../../cluster/agent/core/agent_state.ts";
import { type AgentInput, step } from "../../cluster/agent/core/agent_step.ts";
import { InputQueue } from "../../cluster/input_queue.ts";
import type { AgentMessage, MasterMessage, Ping } from "../../cluster/protocol/agent_protocol.ts";
import { parseResources } from "../../cluster/resources/resource_text.ts";
import { timerName } from "../../cluster/timers.ts";
import type { TaskInfo, TaskStatus } from "../../mesos/wire/messages.ts";
import type { Audit } from "./audit.ts";
import type { MasterPort } from "./sim_master.ts";
import type { PlantedBug } from "./planted_bugs.ts";
import { SimExecutor } from "./sim_executor.ts";
import type { World } from "./world.ts";

const EXECUTOR_START_MS = 400;
const REGISTRATION_BACKOFF_MS = 1_000;

/** The wait status of an executor that exits with 1. */
const EXITED_WITH_1 = 256;

/** The way between an agent and its master, for as long as it holds. */
export class SimLink {
  isOpen = true;
  #freeMs = { toMaster: 0, toAgent: 0 };
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Delivers in order, after some time, unless the link breaks before. */
  deliver(direction: "toMaster" | "toAgent", act: () => void): void {
    const arrivesMs = Math.max(this.#world.nowMs, this.#freeMs[direction]) +
      this.#world.chance.between(0.5, 5);
    this.#freeMs[direction] = arrivesMs;
    this.#world.after(arrivesMs - this.#world.nowMs, () => {
      if (this.isOpen) act();
    });
  }
}

/** What an agent is made of. */
export interface SimAgentParts {
  readonly world: World;
  readonly audit: Audit;
  readonly master: MasterPort;
  /** Such as `cpus:4;mem:1024`. */
  readonly resources: string;
  /** Of its executors. */
  readonly bug?: PlantedBug | undefined;
}

/** A machine. */
export class SimAgent {
  /** Its address. */
  readonly ip: string;
  /** Whether the network lets messages pass between agent and master. */
  isLinked = true;
  /** Whether the agent process runs. */
  isUp = false;
  /** Whether the machine is gone for good. */
  isDead = false;
  /** Until when executors that are started here end before they have begun anything. */
  brokenUntilMs = -Infinity;
  /** Until when they can't get the user script. */
  undeployedUntilMs = -Infinity;
  state: AgentState | undefined;
  readonly #parts: SimAgentParts;
  readonly #checkpoints = new CheckpointedState();
  readonly #executors = new Map<string, SimExecutor>();
  readonly #timers = new Map<string, () => void>();
  readonly #streams = new Map<string, SimExecutor>();
  #inputs = new InputQueue<AgentInput>((input) => this.#handle(input));
  #link: SimLink | undefined;
  #life = 0;
  #attempt = 0;
  #streamCount = 0;

  constructor(ip: string, parts: SimAgentParts) {
    this.ip = ip;
    this.#parts = parts;
  }

  get isReachable(): boolean {
    return this.isLinked && this.isUp && !this.isDead;
  }

  /** Mesos' id of it. */
  get id(): string {
    return this.#checkpoints.agent?.id?.value ?? "";
  }

  /** The executors that run here. */
  get executors(): SimExecutor[] {
    return [...this.#executors.values()].filter(({ isAlive }) => isAlive);
  }

  /** Starts the agent process, over what an earlier one has left. */
  start(): void {
    if (this.isDead || this.isUp) return;
    const { world } = this.#parts;
    this.isUp = true;
    this.#life++;
    const earlier = this.#checkpoints.agent;
    this.state = new AgentState({
      info: {
        hostname: this.ip,
        port: 5051,
        resources: parseResources(this.#parts.resources),
        ...(earlier?.id ? { id: earlier.id } : {}),
      },
      ip: this.ip,
      executorRegistrationTimeoutMs: 60_000,
      executorReregistrationTimeoutMs: 2_000,
      executorShutdownGracePeriodMs: 5_000,
      updateRetryMs: 10_000,
      now: () => world.nowMs,
      newUuid: () => world.uuid().toHex(),
      userError: () => undefined,
      isolateCpus: true,
    });
    this.#inputs = new InputQueue((input) => this.#handle(input));
    const frameworks = this.#checkpoints.frameworks((id) =>
      this.#executors.get(id)?.isAlive ? 1 : undefined
    );
    recover(this.state, frameworks);
    this.take({ type: "START" });
    // Containers that ended meanwhile.
    for (const { run, pid } of frameworks.flatMap(({ executors }) => executors)) {
      if (pid === undefined) this.take({ type: "CONTAINER_ENDED", run, status: -1 });
    }
  }

  /** Kills the agent process; executors live on. */
  stop(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.#life++;
    this.state = undefined;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.breakLink();
    this.#streams.clear();
    for (const executor of this.executors) executor.disconnected();
  }

  /** The machine burns down. */
  die(): void {
    this.stop();
    this.isDead = true;
    for (const executor of this.executors) executor.die({ isExcused: true });
  }

  /** The link breaks; the master notices by the broken connection, or by its pings. */
  breakLink({ isSilent = false } = {}): void {
    const link = this.#link;
    this.#link = undefined;
    if (!link?.isOpen) return;
    link.isOpen = false;
    const { world, master } = this.#parts;
    if (!isSilent) world.after(world.chance.between(1, 100), () => master.linkClosed(link));
    const life = this.#life;
    world.after(world.chance.between(1, 2_000), () => {
      if (life === this.#life) this.take({ type: "MASTER_LOST" });
    });
  }

  /** The master says something. */
  receive(message: MasterMessage): void {
    this.take({ type: "MASTER_MESSAGE", message });
  }

  ping(ping: Ping): void {
    this.take({ type: "PING", ping });
  }

  take(input: AgentInput): void {
    this.#inputs.push(input);
  }

  #handle(input: AgentInput): void {
    if (!this.isUp || !this.state) return;
    for (const effect of step(this.state, input)) this.#perform(effect);
  }

  #perform(effect: AgentEffect): void {
    const { world } = this.#parts;
    switch (effect.type) {
      case "EVENT": {
        const executor = this.#streams.get(effect.streamId);
        return void (executor && world.after(1, () => executor.take(effect.event)));
      }
      case "CLOSE_STREAM": {
        const executor = this.#streams.get(effect.streamId);
        this.#streams.delete(effect.streamId);
        return void (executor && world.after(2, () => executor.disconnected()));
      }
      case "START_HEARTBEATS":
        return;
      case "TELL_MASTER":
        return this.#tellMaster(effect.message);
      case "REGISTER":
        return this.#register(++this.#attempt);
      case "LAUNCH":
        return this.#launch(effect.run);
      case "DESTROY": {
        const executor = this.#executors.get(effect.run.containerId);
        return void world.after(5, () => executor?.die({ isExcused: true }));
      }
      case "CHECKPOINT":
        return this.#checkpoints.apply(structuredClone(effect.checkpoint));
      case "SET_TIMER": {
        const { timeout, afterMs } = effect;
        const name = timerName(timeout);
        this.#timers.get(name)?.();
        let isDue = true;
        this.#timers.set(name, () => isDue = false);
        return world.after(afterMs, () => {
          if (isDue) this.take({ type: "TIMEOUT", timeout });
        });
      }
      case "CLEAR_TIMER":
        return void this.#timers.get(timerName(effect.timeout))?.();
    }
  }

  #tellMaster(message: AgentMessage): void {
    const link = this.#link;
    link?.deliver("toMaster", () => this.#parts.master.agentMessage(link, message));
  }

  #register(attempt: number): void {
    const { world, master } = this.#parts;
    const life = this.#life;
    this.breakLink();
    world.after(world.chance.between(0, REGISTRATION_BACKOFF_MS), () => {
      if (life !== this.#life || attempt !== this.#attempt || !this.state) return;
      const isTaken = this.isReachable && master.isUp;
      if (!isTaken) return this.#register(attempt);
      const link = this.#link = new SimLink(world);
      const address = { ip: this.ip, port: 5051 };
      master.register(this, link, structuredClone(registrationOf(this.state, address)));
    });
  }

  #launch(run: Run): void {
    const { world, audit } = this.#parts;
    const executor: SimExecutor = new SimExecutor(run.containerId, {
      world,
      audit,
      node: this.ip,
      bug: this.#parts.bug,
      port: {
        subscribe: (updates, tasks) => this.#subscribe(executor, run, { updates, tasks }),
        update: (status) => this.#update(run, status),
        message: (data) => this.#message(run, data),
        ended: (status) => {
          this.#executors.delete(run.containerId);
          this.take({ type: "CONTAINER_ENDED", run, status });
        },
      },
    });
    this.#executors.set(run.containerId, executor);
    this.take({ type: "CONTAINER_STARTED", run, pid: 1 });
    executor.isUndeployed = world.nowMs < this.undeployedUntilMs;
    const isStillborn = world.nowMs < this.brokenUntilMs;
    world.after(EXECUTOR_START_MS * world.chance.between(0.5, 2), () => {
      if (isStillborn) executor.die({ isExcused: false, status: EXITED_WITH_1 });
      else executor.connect();
    });
  }

  #subscribe(
    executor: SimExecutor,
    { frameworkId, executorId, containerId }: Run,
    { updates, tasks }: { updates: TaskStatus[]; tasks: TaskInfo[] },
  ): boolean {
    if (!this.isUp || this.isDead) return false;
    const framework = this.state?.frameworks.get(frameworkId);
    const record = framework?.executors.get(executorId);
    if (!framework || record?.run.containerId !== containerId) {
      // Refused by an agent that does not know it, an executor leaves.
      this.#parts.world.after(5, () => executor.die({ isExcused: true }));
      return false;
    }
    // The executor has left the stream that it had before.
    for (const [id, before] of this.#streams) if (before === executor) this.#streams.delete(id);
    const streamId = `${this.ip}-${++this.#streamCount}`;
    this.#streams.set(streamId, executor);
    const subscribe = {
      unacknowledged_updates: updates.map((status) => ({ status })),
      unacknowledged_tasks: tasks,
    };
    this.take({ type: "SUBSCRIBE", framework, executor: record, streamId, subscribe });
    return true;
  }

  #message({ frameworkId, executorId }: Run, data: Uint8Array): void {
    const framework = this.state?.frameworks.get(frameworkId);
    if (framework) this.take({ type: "MESSAGE", framework, executorId, data });
  }

  #update({ frameworkId }: Run, status: TaskStatus): boolean {
    const framework = this.state?.frameworks.get(frameworkId);
    if (!this.isUp || this.isDead || !framework || this.state?.phase === "RECOVERING") return false;
    this.take({ type: "UPDATE", framework, status });
    return true;
  }
}
