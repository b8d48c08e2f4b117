/**
 * A simulated executor: says TASK_STARTING, begins when its agent has taken that, and keeps what it
 * has said until the agent has it. It lives on while the agent is away.
 *
 * @module
 */

import { encodeNodeInfo, nodeInfoMessage } from "../../job/node_info.ts";
import { decodeTaskData } from "../../job/task_data.ts";
import { encodeOutcome, type TaskOutcome } from "../../job/task_outcome.ts";
import type { ExecutorEvent, TaskInfo, TaskState, TaskStatus } from "../../mesos/wire/messages.ts";
import { type Audit, type Execution, NO_USER_SCRIPT } from "./audit.ts";
import type { World } from "./world.ts";

/** Between two attempts to reach the agent. */
const RECONNECT_MS = 500;

/** An executor that was not heard for so long may be given up: less what it spoke before. */
const GIVEN_UP_MS = 200_000;

const LOAD = { coresUsed: 0, memoryUsed: 0, coresTotal: 1, memoryTotal: 1, workers: 0 };

/** What an executor tells its agent. */
export interface ExecutorPort {
  /** Opens the stream; false while the agent can't take it. */
  subscribe(updates: TaskStatus[], tasks: TaskInfo[]): boolean;
  /** Tells a state; false when the agent did not take it. */
  update(status: TaskStatus): boolean;
  /** Sends a message to the scheduler. */
  message(data: Uint8Array): void;
  /** The process ends. */
  ended(status: number): void;
}

interface SimTask {
  readonly info: TaskInfo;
  execution: Execution | undefined;
  isOver: boolean;
  isKilled: boolean;
}

/** One executor process. */
export class SimExecutor {
  readonly containerId: string;
  isAlive = true;
  /** Whether user scripts can't be had where it runs. */
  isUndeployed = false;
  readonly #world: World;
  readonly #audit: Audit;
  readonly #port: ExecutorPort;
  readonly #node: string;
  readonly #tasks = new Map<string, SimTask>();
  readonly #unacknowledged = new Map<string, TaskStatus>();
  #isConnected = false;
  #speaks = false;
  #stoppedUntilMs = -Infinity;

  constructor(
    containerId: string,
    parts: { world: World; audit: Audit; port: ExecutorPort; node: string },
  ) {
    this.containerId = containerId;
    this.#world = parts.world;
    this.#audit = parts.audit;
    this.#port = parts.port;
    this.#node = parts.node;
  }

  /** Connects, and keeps trying. */
  connect(): void {
    if (!this.isAlive || this.#isConnected) return;
    const tasks = [...this.#tasks.values()].filter(({ isOver }) => !isOver);
    this.#isConnected = this.#port.subscribe(
      [...this.#unacknowledged.values()],
      tasks.map(({ info }) => info),
    );
    if (!this.#isConnected) this.#later(RECONNECT_MS, () => this.connect());
    // What the subscription carried has been taken.
    else for (const { info } of tasks) this.#begin(info.task_id.value);
    if (this.#isConnected && !this.#speaks) this.#speak();
  }

  /** Gives signs of life. */
  #speak(): void {
    this.#speaks = true;
    if (this.#isConnected) this.#port.message(encodeNodeInfo(nodeInfoMessage(this.#node, LOAD)));
    this.#later(this.#world.chance.between(20_000, 30_000), () => this.#speak());
  }

  /** The agent has gone away. */
  disconnected(): void {
    this.#isConnected = false;
    this.#later(this.#world.chance.between(1, RECONNECT_MS), () => this.connect());
  }

  /** The process is stopped, as by SIGSTOP; it does nothing until it is continued. */
  stop(ms: number): void {
    if (!this.isAlive) return;
    this.#world.say(() => `${this.#node}: an executor is stopped for ${Math.round(ms / 1000)} s`);
    this.#stoppedUntilMs = Math.max(this.#stoppedUntilMs, this.#world.nowMs + ms);
    if (ms < GIVEN_UP_MS) return;
    for (const taskId of this.#tasks.keys()) this.#audit.excuse(taskId);
  }

  /** The agent says something. */
  take(event: ExecutorEvent): void {
    this.#awake(() => this.#handle(event));
  }

  #handle(event: ExecutorEvent): void {
    const { launch, kill, acknowledged } = event;
    if (launch) this.#launch(launch.task);
    else if (kill) this.#kill(kill.task_id.value);
    else if (acknowledged) this.#unacknowledged.delete(acknowledged.uuid.toHex());
    else if (event.type === "SHUTDOWN") this.#later(5, () => this.die({ isExcused: false }));
  }

  /** The process ends, and its jobs with it. They may be lost if nobody had told it to. */
  die({ isExcused, status = 9 }: { isExcused: boolean; status?: number }): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.say(() => `${this.#node}: an executor ends`);
    const unsaid = new Set([...this.#unacknowledged.values()].map(({ task_id }) => task_id.value));
    for (const task of this.#tasks.values()) {
      const { execution } = task;
      const taskId = task.info.task_id.value;
      if (isExcused && (!task.isOver || unsaid.has(taskId))) this.#audit.excuse(taskId);
      if (!execution || execution.ended) continue;
      execution.ended = true;
      execution.cutShort = true;
    }
    this.#port.ended(status);
  }

  #launch(info: TaskInfo): void {
    const taskId = info.task_id.value;
    if (this.#tasks.has(taskId)) return;
    this.#tasks.set(taskId, { info, execution: undefined, isOver: false, isKilled: false });
    this.#later(this.#world.chance.between(1, 10), () => {
      if (this.#report(taskId, "TASK_STARTING")) this.#begin(taskId);
    });
  }

  /** The agent has taken TASK_STARTING. */
  #begin(taskId: string): void {
    const task = this.#tasks.get(taskId);
    if (!task || task.execution || task.isOver) return;
    if (task.isKilled) return this.#end(task, "TASK_KILLED", { exitStatus: -15 });
    if (this.isUndeployed) {
      return this.#end(task, "TASK_FAILED", { isUndeployed: true, reason: NO_USER_SCRIPT });
    }
    const [job] = decodeTaskData(task.info.data ?? new Uint8Array()).jobs;
    if (!job) throw new Error("the task has no job");
    const { jobID, command, userScript } = job;
    const execution = this.#audit.start({ jobID, taskId, node: this.#node, userScript });
    task.execution = execution;
    this.#report(taskId, "TASK_RUNNING");
    const [durationMs = 0, exitStatus = 0] = command.split(" ").map(Number);
    this.#later(durationMs, () => {
      if (execution.ended) return;
      execution.ended = true;
      execution.exitStatus = exitStatus;
      this.#end(task, exitStatus === 0 ? "TASK_FINISHED" : "TASK_FAILED", { exitStatus });
    });
  }

  #kill(taskId: string): void {
    const task = this.#tasks.get(taskId);
    if (!task || task.isKilled || task.isOver) return;
    task.isKilled = true;
    this.#later(this.#world.chance.between(5, 5000), () => {
      const { execution } = task;
      if (!execution || execution.ended) return;
      execution.ended = true;
      execution.cutShort = true;
      this.#end(task, "TASK_KILLED", { exitStatus: -15 });
    });
  }

  #end(task: SimTask, state: TaskState, outcome: TaskOutcome): void {
    task.isOver = true;
    const status = encodeOutcome({ wallTimeSeconds: 0.5, ...outcome });
    this.#report(task.info.task_id.value, state, status);
  }

  /** Says a state; false when only the next subscription will carry it. */
  #report(taskId: string, state: TaskState, rest: Partial<TaskStatus> = {}): boolean {
    const uuid = this.#world.uuid();
    const status: TaskStatus = {
      task_id: { value: taskId },
      state,
      source: "SOURCE_EXECUTOR",
      timestamp: this.#world.nowMs / 1000,
      uuid,
      ...rest,
    };
    this.#unacknowledged.set(uuid.toHex(), status);
    const isTaken = this.#isConnected && this.#port.update(status);
    // As the driver does: a refused call, as by an agent that recovers, breaks the subscription.
    if (this.#isConnected && !isTaken) this.disconnected();
    return isTaken;
  }

  #later(ms: number, act: () => void): void {
    this.#world.after(ms, () => this.#awake(act));
  }

  /** Acts now, or once the process is continued; what comes meanwhile keeps its order. */
  #awake(act: () => void): void {
    if (!this.isAlive) return;
    const leftMs = this.#stoppedUntilMs - this.#world.nowMs;
    if (leftMs > 0) this.#later(leftMs, act);
    else act();
  }
}
