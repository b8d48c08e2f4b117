/**
 * A master with many agents whose tasks end as soon as they have begun. It has no time, no bytes
 * and no network: what it costs to drive it is the cost of the scheduler.
 *
 * @module
 */

import { encodeOutcome } from "../../job/task_outcome.ts";
import type { Offer, TaskInfo, TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import type { Scheduler, SchedulerDriver, SchedulerRequest } from "../../mesos/scheduler.ts";
import { offer } from "../../scheduler/testing.ts";

/** How many agents there are, and how many tasks of one cpu each has room for. */
export interface SimulatedSize {
  readonly agents: number;
  readonly slotsPerAgent: number;
}

/** What an executor says of a task, in order. */
const STATES: readonly TaskState[] = ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"];

const MEBIBYTES_PER_SLOT = 256;
const EXECUTOR_MEBIBYTES = 256;

interface SimulatedAgent {
  readonly agentId: string;
  free: number;
  isOffered: boolean;
  executorId: string | undefined;
}

interface SimulatedTask {
  readonly agent: SimulatedAgent;
  readonly info: TaskInfo;
  /** The index of the last reported state. */
  state: number;
}

/** The driver and the cluster behind it. */
export class SimulatedMaster implements SchedulerDriver {
  readonly lastError: undefined;
  /** Updates that were delivered so far. */
  updates = 0;
  readonly #scheduler: Scheduler;
  readonly #slotsPerAgent: number;
  readonly #agents = new Map<string, SimulatedAgent>();
  readonly #tasks = new Map<string, SimulatedTask>();
  #outbox: TaskStatus[] = [];
  #isOfferDue = false;
  #isScheduled = false;
  #offers = 0;

  /** All agents are idle. */
  constructor(scheduler: Scheduler, { agents, slotsPerAgent }: SimulatedSize) {
    this.#scheduler = scheduler;
    this.#slotsPerAgent = slotsPerAgent;
    for (let number = 1; number <= agents; number++) {
      const agentId = `agent-${number}`;
      const agent = { agentId, free: slotsPerAgent, isOffered: false, executorId: undefined };
      this.#agents.set(agentId, agent);
    }
  }

  start(): void {
    setImmediate(() => this.#scheduler.registered(this, { value: "framework" }));
  }

  /** Other calls have no effect: no task is ever lost here. */
  send({ type, accept, decline, acknowledge }: SchedulerRequest): void {
    if (type === "REVIVE") this.#isOfferDue = true;
    for (const { value } of (accept ?? decline)?.offer_ids ?? []) this.#take(value);
    for (const operation of accept?.operations ?? []) {
      for (const info of operation.launch?.task_infos ?? []) this.#launch(info);
    }
    if (acknowledge) this.#next(acknowledge.task_id.value);
    this.#schedule();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  teardown(): Promise<boolean> {
    return Promise.resolve(true);
  }

  join(): Promise<void> {
    return Promise.resolve();
  }

  #take(offerId: string): void {
    const agent = this.#agents.get(offerId.slice(offerId.indexOf("/") + 1));
    if (agent) agent.isOffered = false;
  }

  #launch(info: TaskInfo): void {
    const agent = this.#agents.get(info.agent_id.value);
    if (!agent || agent.free === 0) throw new Error("Cannot launch: the agent has no room");
    agent.free--;
    agent.executorId = info.executor?.executor_id.value;
    this.#tasks.set(info.task_id.value, { agent, info, state: -1 });
    this.#next(info.task_id.value);
  }

  #next(taskId: string): void {
    const task = this.#tasks.get(taskId);
    if (!task) return;
    const state = STATES[++task.state];
    if (state === undefined) {
      task.agent.free++;
      this.#tasks.delete(taskId);
      return;
    }
    const isTerminal = task.state === STATES.length - 1;
    this.#outbox.push({
      task_id: task.info.task_id,
      agent_id: task.info.agent_id,
      executor_id: { value: task.agent.executorId ?? "" },
      source: "SOURCE_EXECUTOR",
      state,
      uuid: new Uint8Array(16),
      ...(isTerminal && encodeOutcome({ exitStatus: 0, wallTimeSeconds: 0.001 })),
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    const updates = this.#outbox;
    this.#outbox = [];
    this.updates += updates.length;
    for (const status of updates) this.#scheduler.statusUpdate(this, status);
    if (!this.#isOfferDue) return;
    this.#isOfferDue = false;
    const offers = [...this.#agents.values()]
      .filter(({ free, isOffered }) => free > 0 && !isOffered)
      .map((agent) => this.#offer(agent));
    if (offers.length > 0) this.#scheduler.resourceOffers(this, offers);
  }

  #offer(agent: SimulatedAgent): Offer {
    agent.isOffered = true;
    const { agentId, free, executorId } = agent;
    const executorIds = executorId === undefined ? [] : [executorId];
    return offer({
      id: `${++this.#offers}/${agentId}`,
      agentId,
      cpus: executorId === undefined ? free : Math.max(0, free - 0.01),
      mem: free * MEBIBYTES_PER_SLOT +
        (free === this.#slotsPerAgent ? EXECUTOR_MEBIBYTES : 0),
      executorIds,
    });
  }
}
