/**
 * The master's state and the operations on it. Pure: side effects
 * are collected as effects.
 *
 * @module
 */

import type { AgentId, ExecutorId, FrameworkId, OfferId } from "../../../mesos/ids.ts";
import type {
  AgentInfo,
  ExecutorInfo,
  Filters,
  MasterInfo,
  Offer,
  SchedulerEvent,
  TaskState,
  TaskStatus,
} from "../../../mesos/wire/messages.ts";
import type { MasterMessage } from "../../protocol/agent_protocol.ts";
import { BoundedMap } from "../../bounded_map.ts";
import type { Resources } from "../../resources/resource_arithmetic.ts";
import {
  isTerminal,
  newStatus,
  recordStatus,
  type StatusOptions,
  type Task,
} from "../../protocol/task_status.ts";
import type { MasterOptions } from "../master_server.ts";
import { Allocator, type AllocatorFramework } from "./allocator.ts";
import type { MasterEffect, Registry } from "./master_effects.ts";
import { type Agent, type Framework, frameworksOn, inner, usedBy } from "./master_records.ts";

const MAX_COMPLETED_FRAMEWORKS = 50;

/** The bound of unreachable agents, above that of any registry. */
const MAX_UNREACHABLE_AGENTS = 100_000;

type OptionsOfMaster =
  | "allocationIntervalMs"
  | "agentPingTimeoutMs"
  | "maxAgentPingTimeouts"
  | "agentReregisterTimeoutMs"
  | "heartbeatIntervalMs";

export interface MasterStateOptions extends Required<Pick<MasterOptions, OptionsOfMaster>> {
  info: MasterInfo;
  registry: Registry;
  now: () => number;
  shuffle: <T>(items: T[]) => T[];
}

export class MasterState {
  readonly options: MasterStateOptions;
  readonly allocator: Allocator;
  readonly frameworks: Map<FrameworkId, Framework> = new Map();
  readonly completedFrameworks: BoundedMap<FrameworkId, Framework> = new BoundedMap(
    MAX_COMPLETED_FRAMEWORKS,
  );
  readonly agents: Map<AgentId, Agent> = new Map();
  /** Agents from the registry that have not re-registered yet. */
  readonly recoveredAgents: Map<AgentId, AgentInfo>;
  /** Unreachable agents: id → since when, in milliseconds. */
  readonly unreachableAgents: BoundedMap<AgentId, number> = new BoundedMap(MAX_UNREACHABLE_AGENTS);
  readonly offers: Map<OfferId, Offer> = new Map();
  #effects: MasterEffect[] = [];
  #nextId = { framework: 0, agent: 0, offer: 0 };

  constructor(options: MasterStateOptions) {
    this.options = options;
    this.allocator = new Allocator(options);
    const { agents, unreachable } = options.registry;
    this.recoveredAgents = new Map(agents.map((info) => [info.id?.value ?? "", info]));
    for (const [id, sinceMs] of Object.entries(unreachable)) {
      this.unreachableAgents.set(id, sinceMs);
    }
  }

  get nowMs(): number {
    return this.options.now();
  }

  want(effect: MasterEffect): void {
    this.#effects.push(effect);
  }

  /** Removes and returns the collected effects, in order. */
  takeEffects(): MasterEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** An id for a new framework, agent or offer, in the format of Mesos. */
  newId(kind: "framework" | "agent" | "offer"): string {
    const number = String(this.#nextId[kind]++);
    const suffix = { framework: number.padStart(4, "0"), agent: `S${number}`, offer: `O${number}` };
    return `${this.options.info.id}-${suffix[kind]}`;
  }

  sendEvent(framework: Framework, event: SchedulerEvent): void {
    const { streamId } = framework;
    if (streamId !== undefined) this.want({ type: "EVENT", streamId, event });
  }

  /** Sends an update that the master made, or forwards that of an agent. */
  sendUpdate(framework: Framework, status: TaskStatus): void {
    const task = framework.tasks.get(status.task_id.value);
    if (task && status.uuid && framework.connection === "CONNECTED") {
      task.statusUpdateState = status.state;
      task.statusUpdateUuid = status.uuid;
    }
    this.sendEvent(framework, { type: "UPDATE", update: { status } });
  }

  sendToAgent(agent: Agent, message: MasterMessage): void {
    const { linkId } = agent;
    if (linkId !== undefined) this.want({ type: "AGENT_MESSAGE", linkId, message });
  }

  newStatus(options: StatusOptions): TaskStatus {
    return newStatus("SOURCE_MASTER", { ...options, nowMs: this.nowMs });
  }

  addFramework(framework: Framework): void {
    this.frameworks.set(framework.id, framework);
    for (const agent of this.agents.values()) {
      for (const [taskId, task] of agent.tasks.get(framework.id) ?? []) {
        framework.tasks.set(taskId, task);
      }
    }
  }

  /** A framework as the allocator sees it. */
  allocatorView({ info }: Framework, suppressedRoles: readonly string[]): AllocatorFramework {
    const { roles = [], capabilities = [] } = info;
    return {
      roles: new Set(roles),
      suppressedRoles: new Set(suppressedRoles),
      gpus: capabilities.some(({ type }) => type === "GPU_RESOURCES"),
    };
  }

  addAgent(agent: Agent): void {
    this.agents.set(agent.id, agent);
    const used = new Map<FrameworkId, Resources>();
    for (const [frameworkId, tasks] of agent.tasks) {
      for (const [taskId, task] of tasks) this.frameworks.get(frameworkId)?.tasks.set(taskId, task);
    }
    for (const frameworkId of frameworksOn(agent)) {
      used.set(frameworkId, usedBy(agent, frameworkId));
    }
    this.allocator.addAgent(agent.id, agent.info.resources ?? [], used);
    this.saveRegistry();
  }

  saveRegistry(): void {
    const agents = [...this.recoveredAgents.values(), ...this.#registeredInfos()];
    const unreachable = Object.fromEntries(this.unreachableAgents);
    this.want({ type: "SAVE_REGISTRY", registry: { agents, unreachable } });
  }

  #registeredInfos(): AgentInfo[] {
    return [...this.agents.values()].map(({ info }) => info);
  }

  addTask(agent: Agent, framework: Framework, task: Task): void {
    inner(agent.tasks, framework.id).set(task.taskId, task);
    framework.tasks.set(task.taskId, task);
  }

  /** Updates the state of a task. `latestState` is its current state, which may be a later one. */
  updateTask(task: Task, status: TaskStatus, latestState: TaskState | undefined): void {
    const state = latestState ?? status.state ?? task.state;
    const wasAlive = !isTerminal(task.state) && task.state !== "TASK_UNREACHABLE";
    const ended = wasAlive && (isTerminal(state) || state === "TASK_UNREACHABLE");
    if (!isTerminal(task.state)) task.state = state;
    recordStatus(task, status);
    if (ended) this.recover(task.frameworkId, task.agentId, { resources: task.resources });
  }

  /** Removes a task that has ended or whose agent is unreachable. */
  removeTask(task: Task, { unreachable = false } = {}): void {
    const framework = this.frameworks.get(task.frameworkId);
    if (unreachable) framework?.unreachableTasks.set(task.taskId, task);
    framework?.tasks.delete(task.taskId);
    const agent = this.agents.get(task.agentId);
    for (const byFramework of [agent?.tasks, agent?.killedTasks]) {
      byFramework?.get(task.frameworkId)?.delete(task.taskId);
      if (byFramework?.get(task.frameworkId)?.size === 0) byFramework.delete(task.frameworkId);
    }
  }

  executor(
    agent: Agent,
    frameworkId: FrameworkId,
    executorId: ExecutorId,
  ): ExecutorInfo | undefined {
    return agent.executors.get(frameworkId)?.get(executorId);
  }

  removeExecutor(agent: Agent, frameworkId: FrameworkId, executorId: ExecutorId): void {
    const executors = agent.executors.get(frameworkId);
    const resources = executors?.get(executorId)?.resources ?? [];
    executors?.delete(executorId);
    if (executors?.size === 0) agent.executors.delete(frameworkId);
    this.recover(frameworkId, agent.id, { resources });
  }

  recover(
    frameworkId: FrameworkId,
    agentId: AgentId,
    { resources, filters }: { resources: Resources; filters?: Filters | undefined },
  ): void {
    this.allocator.recover(frameworkId, agentId, { resources, filters, nowMs: this.nowMs });
  }

  addOffer(offer: Offer): void {
    this.offers.set(offer.id.value, offer);
    this.frameworks.get(offer.framework_id.value)?.offers.set(offer.id.value, offer);
    this.agents.get(offer.agent_id.value)?.offers.set(offer.id.value, offer);
  }

  removeOffer(offer: Offer): void {
    this.offers.delete(offer.id.value);
    this.frameworks.get(offer.framework_id.value)?.offers.delete(offer.id.value);
    this.agents.get(offer.agent_id.value)?.offers.delete(offer.id.value);
  }

  discardOffer(offer: Offer, filters?: Filters): void {
    const { framework_id, agent_id, resources = [] } = offer;
    this.recover(framework_id.value, agent_id.value, { resources, filters });
    this.removeOffer(offer);
  }

  rescindOffer(offer: Offer): void {
    const framework = this.frameworks.get(offer.framework_id.value);
    if (framework) {
      this.sendEvent(framework, { type: "RESCIND", rescind: { offer_id: offer.id } });
    }
    this.discardOffer(offer);
  }
}
