/**
 * A simulated executor: the real runs of tasks, on jobs, time and an agent that are simulated. It
 * keeps what it has said until the agent has it, and lives on while the agent is away.
 *
 * @module
 */

import { decodeBundleReport, encodeBundleReport } from "../../job/bundle_report.ts";
import { decodeKillJobs } from "../../job/kill_jobs.ts";
import { encodeNodeInfo, nodeInfoMessage } from "../../job/node_info.ts";
import type { JobId } from "../../job/job_id.ts";
import { decodeTaskData } from "../../job/task_data.ts";
import type { JobEnd, JobRunner, PreparedJob } from "../../executor/job_runner.ts";
import { RunningDelay } from "../../executor/running_delay.ts";
import { TaskRun } from "../../executor/task_run.ts";
import type { TaskUpdate } from "../../mesos/executor.ts";
import type { ExecutorEvent, TaskInfo, TaskStatus } from "../../mesos/wire/messages.ts";
import { UserScriptError } from "../../resource/resource_errors.ts";
import { type Audit, type Execution, NO_USER_SCRIPT, Violation } from "./audit.ts";
import type { PlantedBug } from "./planted_bugs.ts";
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

/** Versions of the executor command that know nothing of bundles. */
const OLD_VERSION = /[37]$/;

interface SimTask {
  readonly info: TaskInfo;
  readonly run: TaskRun;
  /** The names of the attempts, by job. */
  readonly attempts: ReadonlyMap<number, string>;
  /** Attempts of whose end, or return, the agent knows. */
  readonly known: Set<string>;
  readonly executions: Execution[];
  isOver: boolean;
}

/** An update that the agent may not have yet. */
interface Unacknowledged {
  readonly status: TaskStatus;
  readonly taken: () => void;
}

/** What an executor is made of. */
export interface SimExecutorParts {
  readonly world: World;
  readonly audit: Audit;
  readonly port: ExecutorPort;
  readonly node: string;
  readonly bug?: PlantedBug | undefined;
}

/** One executor process: the real runs of tasks, with jobs, time and agent simulated. */
export class SimExecutor {
  readonly containerId: string;
  isAlive = true;
  /** Whether user scripts can't be had where it runs. */
  isUndeployed = false;
  readonly #parts: SimExecutorParts;
  readonly #world: World;
  readonly #tasks = new Map<string, SimTask>();
  readonly #runningDelay = new RunningDelay();
  /** Tasks that it has not looked at yet. */
  readonly #launched = new Map<string, TaskInfo>();
  readonly #unacknowledged = new Map<string, Unacknowledged>();
  #isConnected = false;
  #speaks = false;
  #stoppedSinceMs = 0;
  #stoppedUntilMs = -Infinity;
  #mayBeGivenUp = false;
  /** What has come since it was stopped. */
  readonly #held: (() => void)[] = [];

  constructor(containerId: string, parts: SimExecutorParts) {
    this.containerId = containerId;
    this.#parts = parts;
    this.#world = parts.world;
  }

  /** Connects, and keeps trying. */
  connect(): void {
    if (!this.isAlive || this.#isConnected) return;
    const tasks = [...this.#tasks.values()].filter(({ isOver }) => !isOver);
    const updates = [...this.#unacknowledged.values()];
    this.#isConnected = this.#parts.port.subscribe(
      updates.map(({ status }) => status),
      tasks.map(({ info }) => info),
    );
    if (!this.#isConnected) this.#later(RECONNECT_MS, () => this.connect());
    // What the subscription carried has been taken.
    else for (const { taken } of updates) taken();
    if (this.#isConnected && !this.#speaks) this.#speak();
  }

  /** Gives signs of life. */
  #speak(): void {
    const { node, port } = this.#parts;
    this.#speaks = true;
    if (this.#isConnected) port.message(encodeNodeInfo(nodeInfoMessage(node, LOAD)));
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
    const { node, audit } = this.#parts;
    this.#world.say(() => `${node}: an executor is stopped for ${Math.round(ms / 1000)} s`);
    const { nowMs } = this.#world;
    // One that is stopped already stays so for longer.
    if (this.#stoppedUntilMs <= nowMs) this.#stoppedSinceMs = nowMs;
    this.#stoppedUntilMs = Math.max(this.#stoppedUntilMs, nowMs + ms);
    if (this.#stoppedUntilMs - this.#stoppedSinceMs < GIVEN_UP_MS) return;
    this.#mayBeGivenUp = true;
    for (const { attempts } of this.#tasks.values()) {
      for (const attemptId of attempts.values()) audit.excuse(attemptId);
    }
  }

  /** The agent says something. */
  take(event: ExecutorEvent): void {
    if (event.launch) this.#launched.set(event.launch.task.task_id.value, event.launch.task);
    this.#awake(() => this.#handle(event));
  }

  #handle(event: ExecutorEvent): void {
    const { launch, kill, acknowledged, message } = event;
    if (launch) this.#launch(launch.task);
    else if (kill) this.#tasks.get(kill.task_id.value)?.run.kill(0);
    else if (acknowledged) this.#acknowledged(acknowledged.uuid);
    else if (message) this.#killJobs(message.data);
    else if (event.type === "SHUTDOWN") this.#later(5, () => this.die({ isExcused: false }));
  }

  #killJobs(data: Uint8Array): void {
    const { taskId = "", jobIDs = [] } = decodeKillJobs(data) ?? {};
    this.#tasks.get(taskId)?.run.killJobs(jobIDs, 0);
  }

  #acknowledged(uuid: Uint8Array): void {
    const update = this.#unacknowledged.get(uuid.toHex());
    if (!update) return;
    this.#unacknowledged.delete(uuid.toHex());
    const { status: { task_id, data }, taken } = update;
    taken();
    const task = this.#tasks.get(task_id.value);
    if (!task) return;
    const { ended = [], givenBack = [] } = data && decodeBundleReport(data) || {};
    for (const jobID of [...ended.map(({ jobID }) => jobID), ...givenBack]) {
      task.known.add(task.attempts.get(jobID) ?? "");
    }
  }

  /** The process ends, and its jobs with it. What the agent does not know of them may be lost, if
   * nobody had told it to. */
  die({ isExcused, status = 9 }: { isExcused: boolean; status?: number }): void {
    if (!this.isAlive) return;
    const { node, audit, port } = this.#parts;
    this.isAlive = false;
    this.#world.say(() => `${node}: an executor ends`);
    const updates = [...this.#unacknowledged.values()];
    const unsaid = new Set(updates.map(({ status }) => status.task_id.value));
    for (const { run, info, attempts, known, executions, isOver } of this.#tasks.values()) {
      run.stop();
      const isKnown = isOver && !unsaid.has(info.task_id.value);
      for (const attemptId of isExcused && !isKnown ? attempts.values() : []) {
        if (!known.has(attemptId)) audit.excuse(attemptId);
      }
      for (const execution of executions) {
        if (execution.ended) continue;
        execution.ended = true;
        execution.cutShort = true;
      }
    }
    // The master says of them that they are gone, and not that they had not begun.
    for (const info of isExcused ? this.#launched.values() : []) {
      for (const attemptId of attemptsOf(info).values()) audit.excuse(attemptId);
    }
    port.ended(status);
  }

  #launch(info: TaskInfo): void {
    const taskId = info.task_id.value;
    this.#launched.delete(taskId);
    if (this.#tasks.has(taskId)) return;
    const attempts = attemptsOf(info);
    const isOld = OLD_VERSION.test(info.executor?.command?.value ?? "");
    if (isOld && attempts.size > 1) {
      this.#world.fail(new Violation(`task ${taskId} is a bundle for an executor without them`));
    }
    // It may have come while the process was stopped, and before the order to end.
    for (const attemptId of this.#mayBeGivenUp ? attempts.values() : []) {
      this.#parts.audit.excuse(attemptId);
    }
    const executions: Execution[] = [];
    const run = new TaskRun(info, {
      driver: { sendStatusUpdate: (update) => this.#report(update, { isOld }) },
      runner: this.#runner(executions),
      clock: { now: () => this.#world.nowMs, after: (ms, act) => this.#later(ms, act) },
      runningDelay: this.#runningDelay,
      failed: (error) => this.#world.fail(error as Error),
    });
    const task: SimTask = { info, run, attempts, known: new Set(), executions, isOver: false };
    this.#tasks.set(taskId, task);
    void run.ended.then(() => task.isOver = true);
    this.#later(this.#world.chance.between(1, 10), () => run.begin());
  }

  /** Runs the jobs of a task. */
  #runner(executions: Execution[]): Pick<JobRunner, "prepare" | "spawn" | "discard"> {
    return {
      prepare: (attemptId, data) =>
        this.isUndeployed
          ? Promise.reject(new UserScriptError(NO_USER_SCRIPT, { path: "" }))
          : Promise.resolve({ data: { ...data, attemptId }, files: NO_FILES, userScript: {} }),
      discard: () => Promise.resolve(),
      spawn: (prepared) => this.#spawn(prepared, executions),
    };
  }

  #spawn({ data }: PreparedJob, executions: Execution[]) {
    const { jobID, command, userScript, attemptId: taskId = "" } = data as SimJob;
    const { node, audit } = this.#parts;
    const execution = audit.start({ jobID, taskId, node, userScript });
    executions.push(execution);
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    const end = (exitStatus: number, killed: boolean) => {
      if (execution.ended) return;
      execution.ended = true;
      if (killed) execution.cutShort = true;
      else execution.exitStatus = exitStatus;
      const wallTimeSeconds = Math.max(0.001, (this.#world.nowMs - startedMs) / 1000);
      resolve({ outcome: { exitStatus, wallTimeSeconds }, killed });
    };
    const startedMs = this.#world.nowMs;
    const [durationMs = 0, exitStatus = 0] = command.split(" ").map(Number);
    this.#later(durationMs, () => end(exitStatus, false));
    const kill = () => {
      this.#later(this.#world.chance.between(5, 5000), () => end(-15, true));
      return Promise.resolve();
    };
    return { ended: promise, kill };
  }

  /** Says a state; resolves when the agent has it, perhaps with the next subscription. */
  #report(update: TaskUpdate, { isOld }: { isOld: boolean }): Promise<void> {
    const uuid = this.#world.uuid();
    const { promise, resolve } = Promise.withResolvers<void>();
    const status: TaskStatus = {
      source: "SOURCE_EXECUTOR",
      timestamp: this.#world.nowMs / 1000,
      uuid,
      ...this.#spoilt(update),
      ...(isOld && update.state === "TASK_STARTING" ? { labels: {} } : {}),
    };
    this.#unacknowledged.set(uuid.toHex(), { status, taken: resolve });
    const isTaken = this.#isConnected && this.#parts.port.update(status);
    // As the driver does: a refused call, as by an agent that recovers, breaks the subscription.
    if (this.#isConnected && !isTaken) this.disconnected();
    if (isTaken) resolve();
    return promise;
  }

  /** What a planted bug makes of an update. */
  #spoilt(update: TaskUpdate): TaskUpdate {
    const report = update.data && decodeBundleReport(update.data);
    const isSpoilt = this.#parts.bug === "drops an end when it gathers reports" && report &&
      report.ended.length > 1;
    if (!isSpoilt) return update;
    return { ...update, data: encodeBundleReport({ ...report, ended: report.ended.slice(1) }) };
  }

  #later(ms: number, act: () => void): () => void {
    let isDue = true;
    this.#world.after(ms, () =>
      this.#awake(() => {
        if (isDue) act();
      }));
    return () => isDue = false;
  }

  /** Acts now, or once the process is continued; what comes meanwhile keeps its order. */
  #awake(act: () => void): void {
    if (this.#stoppedUntilMs > this.#world.nowMs || this.#held.length > 0) {
      this.#held.push(act);
      if (this.#held.length === 1) this.#continueLater();
    } else this.#act(act);
  }

  #act(act: () => void): void {
    if (!this.isAlive) return;
    this.#world.stir();
    act();
  }

  #continueLater(): void {
    this.#world.after(this.#stoppedUntilMs - this.#world.nowMs, () => {
      // It may have been stopped for longer meanwhile.
      if (this.#stoppedUntilMs > this.#world.nowMs) return this.#continueLater();
      for (const act of this.#held.splice(0)) this.#act(act);
    });
  }
}

/** The jobs of a task, with the names under which they run. */
function attemptsOf({ task_id, data = new Uint8Array() }: TaskInfo): Map<JobId, string> {
  const { jobs } = decodeTaskData(data);
  return new Map(jobs.map(({ jobID, attemptId = task_id.value }) => [jobID, attemptId]));
}

type SimJob = PreparedJob["data"] & { attemptId?: string };

const NO_FILES: PreparedJob["files"] = {
  directory: "",
  outputDirectory: "",
  standardOutputPath: "",
  standardErrorPath: "",
  freshPaths: [],
  standardErrorOffset: 0,
};
