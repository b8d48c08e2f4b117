/**
 * A simulated agent with its executor: runs tasks, and repeats updates until they are acknowledged.
 * It survives its own restart, and the link to the master may be down while it works on.
 *
 * @module
 */

import { decodeTaskData } from "../../job/task_data.ts";
import { encodeOutcome } from "../../job/task_outcome.ts";
import type { TaskInfo, TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import type { Execution, Ledger } from "./ledger.ts";
import type { World } from "./world.ts";

const RETRY_MS = 10_000;
const EXECUTOR_START_MS = 400;

/** A task as its agent knows it. */
export interface AgentTask {
  readonly info: TaskInfo;
  state: TaskState;
  /** Updates not acknowledged yet, oldest first. */
  readonly pending: TaskStatus[];
  execution: Execution | undefined;
  killed: boolean;
}

/** What an agent needs of the master. */
export interface MasterLink {
  /** An update for the scheduler. */
  update(agent: SimAgent, status: TaskStatus): void;
  /** An executor gives a sign of life. */
  message(agent: SimAgent, executorId: string): void;
  /** The executor has ended. */
  executorLost(agent: SimAgent, executorId: string, status: number): void;
}

export function isTerminal(state: TaskState): boolean {
  return ["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST"].includes(state);
}

/** A machine with an agent on it. */
export class SimAgent {
  readonly id: string;
  readonly totals: { cpus: number; mem: number };
  readonly tasks = new Map<string, AgentTask>();
  /** Whether messages pass between agent and master. */
  linked = true;
  /** Whether the agent process runs; its executor and tasks may live on without it. */
  up = true;
  /** Whether the machine is gone for good. */
  dead = false;
  executorId: string | undefined;
  /** Until when executors that are started here end before they have begun anything. */
  brokenUntilMs = -Infinity;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #link: MasterLink;
  /** Whether the present executor will end before it has begun anything. */
  #isStillborn = false;
  #updates = 0;

  constructor(
    id: string,
    parts: { world: World; ledger: Ledger; link: MasterLink; cpus: number; mem: number },
  ) {
    this.id = id;
    this.#world = parts.world;
    this.#ledger = parts.ledger;
    this.#link = parts.link;
    this.totals = { cpus: parts.cpus, mem: parts.mem };
  }

  /** Whether anything that the master sends arrives. */
  get reachable(): boolean {
    return this.linked && this.up && !this.dead;
  }

  /** Runs a task. */
  launch(info: TaskInfo): void {
    const taskId = info.task_id.value;
    if (this.tasks.has(taskId)) return;
    const task: AgentTask = {
      info,
      state: "TASK_STAGING",
      pending: [],
      execution: undefined,
      killed: false,
    };
    this.tasks.set(taskId, task);
    const isNew = this.executorId === undefined;
    this.executorId = info.executor?.executor_id.value ?? "";
    const startMs = (isNew ? EXECUTOR_START_MS : 5) * this.#world.chance.between(0.5, 2);
    if (isNew) this.#isStillborn = this.#world.nowMs < this.brokenUntilMs;
    if (isNew && !this.#isStillborn) this.#speak(this.executorId);
    if (!this.#isStillborn) this.#world.after(startMs, () => this.#start(task));
    else if (isNew) this.#world.after(startMs, () => this.shutDownExecutor());
  }

  #speak(executorId: string): void {
    if (this.executorId !== executorId || this.dead) return;
    if (this.up && this.linked) this.#link.message(this, executorId);
    this.#world.after(this.#world.chance.between(20_000, 30_000), () => this.#speak(executorId));
  }

  #start(task: AgentTask): void {
    if (this.dead || isTerminal(task.state)) return;
    // Nothing begins before the agent has taken the first update.
    if (!this.up) return this.#world.after(EXECUTOR_START_MS, () => this.#start(task));
    this.#report(task, "TASK_STARTING");
    if (task.killed) return this.#end(task, "TASK_KILLED", -15);
    const { jobID, command } = decodeTaskData(task.info.data ?? new Uint8Array());
    const execution = this.#ledger.start(jobID, task.info.task_id.value, this.id);
    task.execution = execution;
    this.#report(task, "TASK_RUNNING");
    const [durationMs = 0, exitStatus = 0] = command.split(" ").map(Number);
    this.#world.after(durationMs, () => {
      if (execution.ended) return;
      execution.ended = true;
      execution.exitStatus = exitStatus;
      this.#end(task, exitStatus === 0 ? "TASK_FINISHED" : "TASK_FAILED", exitStatus);
    });
  }

  #end(task: AgentTask, state: TaskState, exitStatus: number): void {
    this.#report(task, state, encodeOutcome({ exitStatus, wallTimeSeconds: 0.5 }));
  }

  /** Ends a task. */
  kill(taskId: string): void {
    const task = this.tasks.get(taskId);
    if (!task || task.killed || isTerminal(task.state)) return;
    task.killed = true;
    this.#world.after(this.#world.chance.between(5, 5000), () => {
      if (!task.execution || task.execution.ended) return;
      this.#cut(task);
      this.#end(task, "TASK_KILLED", -15);
    });
  }

  #cut({ execution }: AgentTask): void {
    if (!execution || execution.ended) return;
    execution.ended = true;
    execution.cutShort = true;
  }

  /** The scheduler has the update. */
  acknowledge(taskId: string, uuid: Uint8Array): void {
    const task = this.tasks.get(taskId);
    const [head] = task?.pending ?? [];
    if (!task || !head?.uuid || head.uuid.join() !== uuid.join()) return;
    task.pending.shift();
    if (task.pending.length > 0) this.#send(task);
    else if (isTerminal(task.state)) this.tasks.delete(taskId);
  }

  /** The executor dies, and its jobs with it. */
  killExecutor(): void {
    for (const { info, state } of this.tasks.values()) {
      const hasBegun = state !== "TASK_STAGING" && !isTerminal(state);
      if (hasBegun) this.#ledger.excuse(info.task_id.value);
    }
    this.shutDownExecutor();
  }

  /** The executor ends, as it was told to; if it has jobs, whoever told it so has lost them. */
  shutDownExecutor(): void {
    const executorId = this.executorId;
    if (executorId === undefined || this.dead) return;
    this.executorId = undefined;
    this.#world.say(() => `${this.id}: the executor ends`);
    this.#link.executorLost(this, executorId, 9);
    for (const task of this.tasks.values()) {
      if (isTerminal(task.state)) continue;
      this.#cut(task);
      this.#report(task, "TASK_FAILED", {
        source: "SOURCE_AGENT",
        reason: "REASON_EXECUTOR_TERMINATED",
        message: "Executor terminated",
      });
    }
  }

  /** The machine burns down. */
  die(): void {
    this.#world.say(() => `${this.id}: the machine is gone for good`);
    this.dead = true;
    for (const task of this.tasks.values()) this.#cut(task);
  }

  /** All tasks end, unreported: the framework was removed. */
  removeFramework(): void {
    for (const task of this.tasks.values()) this.#cut(task);
    this.tasks.clear();
    this.executorId = undefined;
  }

  /** Sends the oldest update of each task again. */
  resend(): void {
    for (const task of this.tasks.values()) if (task.pending.length > 0) this.#send(task);
  }

  #report(task: AgentTask, state: TaskState, rest: Partial<TaskStatus> = {}): void {
    task.state = state;
    const uuid = new Uint8Array(16);
    new DataView(uuid.buffer).setUint32(0, ++this.#updates);
    uuid.set(new TextEncoder().encode(this.id).slice(0, 8), 4);
    task.pending.push({
      task_id: task.info.task_id,
      agent_id: { value: this.id },
      state,
      source: "SOURCE_EXECUTOR",
      uuid,
      ...rest,
    });
    if (task.pending.length === 1) this.#send(task);
  }

  #send(task: AgentTask): void {
    const [head] = task.pending;
    if (!head || this.dead) return;
    if (this.up && this.linked) this.#link.update(this, head);
    this.#world.after(RETRY_MS, () => {
      if (task.pending[0] === head) this.#send(task);
    });
  }
}
