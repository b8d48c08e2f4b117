/**
 * A simulated master: allocates, forwards, reconciles, and forgets everything but its registry when
 * it fails over. No kinder than mesos-facts.md.
 *
 * @module
 */

import type {
  Offer,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from "../../mesos/wire/messages.ts";
import { type Ledger, Violation } from "./ledger.ts";
import { isTerminal, type MasterLink, type SimAgent } from "./sim_agent.ts";
import type { World } from "./world.ts";

const ALLOCATION_MS = 1_000;
const PING_TIMEOUT_MS = 75_000;
const OFFER_ANSWER_LIMIT_MS = 60_000;

interface MasterTask {
  readonly agentId: string;
  readonly cpus: number;
  readonly mem: number;
  state: TaskState;
}

interface OpenOffer {
  readonly id: string;
  readonly agentId: string;
  readonly cpus: number;
  readonly mem: number;
  /** Those that ran when it was made. */
  readonly executors: readonly string[];
  readonly madeMs: number;
}

type AgentStatus = "registered" | "disconnected" | "unreachable" | "recovering";

/** A stream to the scheduler. */
export interface SimStream {
  readonly id: number;
  event(event: SchedulerEvent): void;
  closed(): void;
}

function amount(info: Pick<TaskInfo, "resources">, name: string): number {
  return (info.resources ?? []).filter((resource) => resource.name === name)
    .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);
}

/** The master, over all its lives. */
export class SimMaster implements MasterLink {
  up = true;
  /** How long the framework may be away. */
  failoverTimeoutMs = Infinity;
  readonly agents = new Map<string, SimAgent>();
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #status = new Map<string, AgentStatus>();
  readonly #removedFrameworks = new Set<string>();
  #tasks = new Map<string, MasterTask>();
  #offers = new Map<string, OpenOffer>();
  #filters = new Map<string, { untilMs: number; cpus: number; mem: number }>();
  #executors = new Set<string>();
  #frameworkId: string | undefined;
  #stream: SimStream | undefined;
  #suppressed = false;
  #ids = 0;
  #life = 0;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    const allocate = () => {
      this.#allocate();
      world.after(ALLOCATION_MS, allocate);
    };
    world.after(ALLOCATION_MS, allocate);
  }

  // ---- agents

  /** A new machine. */
  addAgent(agent: SimAgent): void {
    this.agents.set(agent.id, agent);
    this.#status.set(agent.id, "registered");
  }

  /** Messages from and to an agent no longer pass; in time it counts as unreachable. */
  agentAway(agent: SimAgent): void {
    if (!this.up || this.#status.get(agent.id) !== "registered") return;
    this.#status.set(agent.id, "disconnected");
    this.#rescindOffersOf(agent.id);
    const life = this.#life;
    this.#world.after(PING_TIMEOUT_MS, () => {
      if (life === this.#life && this.up && this.#status.get(agent.id) === "disconnected") {
        this.#markUnreachable(agent.id);
      }
    });
  }

  /** An agent of the registry has not come back after a failover. */
  agentGone(agent: SimAgent): void {
    if (this.up && this.#status.get(agent.id) === "recovering") this.#markUnreachable(agent.id);
  }

  #markUnreachable(agentId: string): void {
    this.#status.set(agentId, "unreachable");
    this.#ledger.excuse(agentId);
    this.#world.say(() => `master: ${agentId} is unreachable`);
    for (const [taskId, task] of this.#tasks) {
      if (task.agentId !== agentId || isTerminal(task.state)) continue;
      task.state = "TASK_UNREACHABLE";
      this.#tell(taskId, "TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED", agentId });
    }
    this.#emit({ type: "FAILURE", failure: { agent_id: { value: agentId } } });
  }

  /** An agent is back, with the tasks that it has. */
  agentBack(agent: SimAgent): void {
    if (!this.up || !agent.reachable) return;
    const before = this.#status.get(agent.id);
    if (before === "registered") return;
    this.#status.set(agent.id, "registered");
    for (const [taskId, { info, state }] of agent.tasks) {
      this.#tasks.set(taskId, {
        agentId: agent.id,
        cpus: amount(info, "cpus"),
        mem: amount(info, "mem"),
        state,
      });
      if (before === "unreachable") {
        this.#tell(taskId, state, { reason: "REASON_AGENT_REREGISTERED", agentId: agent.id });
      }
    }
    for (const [taskId, task] of this.#tasks) {
      if (task.agentId !== agent.id || agent.tasks.has(taskId)) continue;
      this.#tasks.delete(taskId);
      if (isTerminal(task.state)) continue;
      this.#tell(taskId, "TASK_DROPPED", { reason: "REASON_RECONCILIATION", agentId: agent.id });
    }
    if (agent.executorId !== undefined) this.#executors.add(`${agent.id} ${agent.executorId}`);
    agent.resend();
    this.#allocate();
  }

  /** An update of an agent. */
  update(agent: SimAgent, status: TaskStatus): void {
    this.#world.after(this.#world.chance.between(1, 20), () => {
      if (!this.up || !agent.reachable || this.#status.get(agent.id) !== "registered") return;
      const task = this.#tasks.get(status.task_id.value);
      if (task && status.state) {
        task.state = agent.tasks.get(status.task_id.value)?.state ?? status.state;
      }
      this.#emit({ type: "UPDATE", update: { status } });
    });
  }

  message(agent: SimAgent, executorId: string): void {
    if (!this.up || this.#status.get(agent.id) !== "registered") return;
    const ids = { agent_id: { value: agent.id }, executor_id: { value: executorId } };
    this.#emit({ type: "MESSAGE", message: { ...ids, data: new Uint8Array() } });
  }

  executorLost(agent: SimAgent, executorId: string, status: number): void {
    this.#executors.delete(`${agent.id} ${executorId}`);
    this.#emit({
      type: "FAILURE",
      failure: { agent_id: { value: agent.id }, executor_id: { value: executorId }, status },
    });
  }

  // ---- its own lives

  /** Dies; everything but the registry is forgotten, and that too if it was kept in memory. */
  crash({ keepsRegistry }: { keepsRegistry: boolean }): void {
    this.#world.say(() => "master: dies");
    this.up = false;
    this.#life++;
    const stream = this.#stream;
    this.#stream = undefined;
    this.#tasks = new Map();
    this.#offers = new Map();
    this.#filters = new Map();
    this.#executors = new Set();
    this.#suppressed = false;
    for (const [agentId, status] of [...this.#status]) {
      if (!keepsRegistry) {
        this.#status.delete(agentId);
        this.#ledger.excuse(agentId);
      } else if (status !== "unreachable") this.#status.set(agentId, "recovering");
    }
    stream?.closed();
  }

  /** Another one leads; agents come back one by one. */
  recover(): void {
    this.#world.say(() => "master: leads again");
    this.up = true;
    for (const agent of this.agents.values()) {
      this.#world.after(this.#world.chance.between(10, 10_000), () => this.agentBack(agent));
    }
  }

  // ---- the framework

  /** Opens a stream; the one before ends. */
  subscribe(frameworkId: string | undefined, stream: SimStream): void {
    const id = frameworkId ?? `f${++this.#ids}`;
    if (this.#removedFrameworks.has(id)) {
      stream.event({ type: "ERROR", error: { message: "Framework has been removed" } });
      return stream.closed();
    }
    this.#stream?.closed();
    this.#frameworkId = id;
    this.#stream = stream;
    this.#suppressed = false;
    // Offers do not survive a subscription.
    this.#offers.clear();
    this.#filters.clear();
    this.#emit({ type: "SUBSCRIBED", subscribed: { framework_id: { value: id } } });
    this.#allocate();
  }

  /** The scheduler's end of the stream is gone. */
  streamLost(stream: SimStream): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    this.#offers.clear();
    const frameworkId = this.#frameworkId as string;
    this.#world.after(this.failoverTimeoutMs, () => {
      if (!this.#stream && this.up && this.#frameworkId === frameworkId) this.removeFramework();
    });
  }

  /** The framework was away for too long. */
  removeFramework(): void {
    const frameworkId = this.#frameworkId;
    if (frameworkId === undefined) return;
    this.#world.say(() => `master: removes framework ${frameworkId}`);
    this.#removedFrameworks.add(frameworkId);
    this.#ledger.excuseAll();
    this.#frameworkId = undefined;
    this.#tasks.clear();
    this.#offers.clear();
    this.#executors.clear();
    for (const agent of this.agents.values()) agent.removeFramework();
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.event({ type: "ERROR", error: { message: "Framework has been removed" } });
    stream?.closed();
  }

  /** A call; false when it is refused. */
  call(streamId: number, call: SchedulerCall): boolean {
    if (!this.up || this.#stream?.id !== streamId) return false;
    if (call.accept) this.#accept(call.accept);
    else if (call.decline) this.#decline(call.decline);
    else if (call.type === "REVIVE") this.#revive();
    else if (call.type === "SUPPRESS") this.#suppressed = true;
    else if (call.kill) this.#kill(call.kill.task_id.value, call.kill.agent_id?.value);
    else if (call.reconcile) this.#reconcile(call.reconcile.tasks ?? []);
    else if (call.shutdown) {
      const { agent_id, executor_id } = call.shutdown;
      this.#toAgent(agent_id.value, (agent) => {
        if (agent.executorId === executor_id.value) agent.shutDownExecutor();
      });
    } else if (call.acknowledge) {
      const { agent_id, task_id, uuid } = call.acknowledge;
      this.#toAgent(agent_id.value, (agent) => {
        agent.acknowledge(task_id.value, uuid);
        if (!agent.tasks.has(task_id.value)) this.#tasks.delete(task_id.value);
      });
    }
    return true;
  }

  #revive(): void {
    this.#suppressed = false;
    this.#filters.clear();
    this.#allocate();
  }

  #decline({ offer_ids, filters }: NonNullable<SchedulerCall["decline"]>): void {
    for (const { value } of offer_ids ?? []) {
      const offer = this.#offers.get(value);
      if (!offer) continue;
      this.#offers.delete(value);
      this.#filter(offer.agentId, offer, filters?.refuse_seconds ?? 5);
    }
  }

  #filter(agentId: string, { cpus, mem }: { cpus: number; mem: number }, seconds: number): void {
    this.#filters.set(agentId, { untilMs: this.#world.nowMs + seconds * 1000, cpus, mem });
  }

  #accept({ offer_ids, operations, filters }: NonNullable<SchedulerCall["accept"]>): void {
    const [offerId = ""] = (offer_ids ?? []).map(({ value }) => value);
    const offer = this.#offers.get(offerId);
    this.#offers.delete(offerId);
    const tasks = (operations ?? []).flatMap(({ launch }) => launch?.task_infos ?? []);
    let { cpus, mem } = offer ?? { cpus: 0, mem: 0 };
    for (const task of tasks) {
      const taskId = task.task_id.value;
      const agentId = task.agent_id.value;
      if (!offer || this.#status.get(agentId) !== "registered") {
        this.#tell(taskId, "TASK_DROPPED", { reason: "REASON_INVALID_OFFERS", agentId });
        continue;
      }
      if (this.#tasks.has(taskId)) throw new Violation(`task ${taskId} is launched twice`);
      const executor = `${agentId} ${task.executor?.executor_id.value}`;
      const isNew = !this.#executors.has(executor);
      const before = { cpus, mem };
      cpus -= amount(task, "cpus") + (isNew ? amount(task.executor ?? {}, "cpus") : 0);
      mem -= amount(task, "mem") + (isNew ? amount(task.executor ?? {}, "mem") : 0);
      if (amount(task.executor ?? {}, "cpus") < 0.01 || amount(task, "cpus") < 0.01) {
        throw new Violation(`task ${taskId}, or its executor, asks for less cpus than Mesos wants`);
      }
      if (cpus < -1e-9 || mem < -1e-9) {
        if (isNew && offer.executors.includes(executor)) {
          // It has ended since the offer, which has not enough for another.
          this.#tell(taskId, "TASK_ERROR", { reason: "REASON_TASK_INVALID", agentId });
          ({ cpus, mem } = before);
          continue;
        }
        throw new Violation(`task ${taskId} asks for more than offer ${offerId} has`);
      }
      this.#executors.add(executor);
      this.#tasks.set(taskId, {
        agentId,
        cpus: amount(task, "cpus"),
        mem: amount(task, "mem"),
        state: "TASK_STAGING",
      });
      this.#toAgent(agentId, (agent) => agent.launch(task));
    }
    if (offer) this.#filter(offer.agentId, { cpus, mem }, filters?.refuse_seconds ?? 5);
  }

  #kill(taskId: string, agentId: string | undefined): void {
    const task = this.#tasks.get(taskId);
    if (!task || this.#status.get(task.agentId) !== "registered") {
      return this.#answer(taskId, agentId);
    }
    this.#toAgent(task.agentId, (agent) => agent.kill(taskId));
  }

  #reconcile(
    tasks: NonNullable<NonNullable<SchedulerCall["reconcile"]>["tasks"]>,
  ): void {
    if (tasks.length === 0) {
      for (const [taskId, { state, agentId }] of this.#tasks) {
        this.#tell(taskId, state, { reason: "REASON_RECONCILIATION", agentId });
      }
    }
    for (const { task_id, agent_id } of tasks) this.#answer(task_id.value, agent_id?.value);
  }

  /** What is known of a task; nothing while its agent may yet tell. */
  #answer(taskId: string, agentId: string | undefined): void {
    const reason = "REASON_RECONCILIATION" as const;
    const task = this.#tasks.get(taskId);
    if (task) return this.#tell(taskId, task.state, { reason, agentId: task.agentId });
    const status = agentId === undefined ? undefined : this.#status.get(agentId);
    if (status === "recovering" || status === "disconnected") return;
    const state = status === "registered"
      ? "TASK_GONE"
      : status === "unreachable"
      ? "TASK_UNREACHABLE"
      : "TASK_UNKNOWN";
    this.#tell(taskId, state, { reason, agentId });
  }

  #toAgent(agentId: string, act: (agent: SimAgent) => void): void {
    this.#world.after(this.#world.chance.between(1, 20), () => {
      const agent = this.agents.get(agentId);
      if (this.up && agent?.reachable && this.#status.get(agentId) === "registered") act(agent);
    });
  }

  #tell(
    taskId: string,
    state: TaskState,
    { reason, agentId }: { reason: TaskStatus["reason"]; agentId: string | undefined },
  ): void {
    this.#emit({
      type: "UPDATE",
      update: {
        status: {
          task_id: { value: taskId },
          state,
          source: "SOURCE_MASTER",
          ...(reason ? { reason } : {}),
          ...(agentId ? { agent_id: { value: agentId } } : {}),
        },
      },
    });
  }

  #emit(event: SchedulerEvent): void {
    this.#stream?.event(event);
  }

  // ---- offers

  #free(agent: SimAgent): { cpus: number; mem: number } {
    let { cpus, mem } = agent.totals;
    for (const task of this.#tasks.values()) {
      if (task.agentId !== agent.id || isTerminal(task.state)) continue;
      cpus -= task.cpus;
      mem -= task.mem;
    }
    for (const executor of this.#executors) {
      if (!executor.startsWith(`${agent.id} `)) continue;
      cpus -= 0.01;
      mem -= 32;
    }
    for (const offer of this.#offers.values()) {
      if (offer.agentId !== agent.id) continue;
      cpus -= offer.cpus;
      mem -= offer.mem;
    }
    return { cpus, mem };
  }

  #allocate(): void {
    if (!this.up || !this.#stream || this.#suppressed) return;
    const offers: Offer[] = [];
    for (const agent of this.agents.values()) {
      if (this.#status.get(agent.id) !== "registered") continue;
      const { cpus, mem } = this.#free(agent);
      if (cpus < -1e-9 || mem < 0) throw new Violation(`${agent.id} is over-committed`);
      const filter = this.#filters.get(agent.id);
      const isFiltered = filter && this.#world.nowMs < filter.untilMs && cpus <= filter.cpus &&
        mem <= filter.mem;
      if (isFiltered || (cpus < 0.01 && mem < 32)) continue;
      const id = `o${++this.#ids}`;
      const executors = [...this.#executors].filter((key) => key.startsWith(`${agent.id} `));
      const madeMs = this.#world.nowMs;
      this.#offers.set(id, { id, agentId: agent.id, cpus, mem, executors, madeMs });
      offers.push(this.#toOffer(id, agent, { cpus, mem }));
    }
    if (offers.length > 0) this.#emit({ type: "OFFERS", offers: { offers } });
  }

  #toOffer(id: string, agent: SimAgent, { cpus, mem }: { cpus: number; mem: number }): Offer {
    const scalar = (name: string, value: number) => ({
      name,
      type: "SCALAR" as const,
      scalar: { value },
      role: "*",
      allocation_info: { role: "*" },
    });
    return {
      id: { value: id },
      framework_id: { value: this.#frameworkId ?? "" },
      agent_id: { value: agent.id },
      hostname: agent.id,
      resources: [scalar("cpus", cpus), scalar("mem", mem), scalar("disk", 10_000)],
      executor_ids: [...this.#executors].filter((key) => key.startsWith(`${agent.id} `))
        .map((key) => ({ value: key.slice(agent.id.length + 1) })),
      allocation_info: { role: "*" },
    };
  }

  #rescindOffersOf(agentId: string): void {
    for (const offer of [...this.#offers.values()]) {
      if (offer.agentId !== agentId) continue;
      this.#offers.delete(offer.id);
      this.#emit({ type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
    }
  }

  /** Nothing of the framework is left, and nothing is held back. */
  checkIdle(): void {
    for (const [taskId, { agentId, state }] of this.#tasks) {
      const isGone = this.agents.get(agentId)?.dead;
      if (!isGone && !isTerminal(state)) throw new Violation(`task ${taskId} lives on as ${state}`);
    }
    for (const agent of this.agents.values()) {
      if (agent.dead) continue;
      for (const { execution } of agent.tasks.values()) {
        if (execution && !execution.ended) {
          throw new Violation(`task ${execution.taskId} still runs on ${agent.id}`);
        }
      }
    }
    for (const { id, madeMs } of this.#offers.values()) {
      if (this.#world.nowMs - madeMs > OFFER_ANSWER_LIMIT_MS) {
        throw new Violation(`offer ${id} was never answered`);
      }
    }
  }
}
