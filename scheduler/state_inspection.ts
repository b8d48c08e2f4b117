/**
 * The jobs and nodes of a scheduler's state and history, as others see them.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import type { FrameworkId } from "../mesos/ids.ts";
import type { ChangeSignal } from "./change_signal.ts";
import { isIgnored, listNodes, type NodeInfo } from "./core/nodes.ts";
import type { Quantities } from "./core/quantities.ts";
import type { AgentRecord, EndedJobRecord, JobRecord, TaskRecord } from "./core/records.ts";
import { type WaitingShape, waitingShapes } from "./core/scheduling_status.ts";
import type { SchedulerState } from "./core/scheduler_state.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import { attemptIdIn } from "./core/task_ids.ts";
import type {
  Inspection,
  JobCounts,
  JobQuery,
  JobState,
  JobView,
  NodeView,
  TaskView,
} from "./inspection.ts";
import type { Store } from "./store/store.ts";

/** Shows the jobs and nodes of a state. */
export class StateInspection implements Inspection {
  readonly #state: SchedulerState;
  readonly #settings: SchedulerSettings;
  readonly #store: Store;
  readonly #changes: ChangeSignal;
  readonly #now: () => number;
  readonly #hiddenAgents: () => string | undefined;

  /**
   * Reads only what it is asked for.
   *
   * @param state What is known.
   * @param parts Settings, the history and a clock.
   */
  constructor(
    state: SchedulerState,
    parts: {
      settings: SchedulerSettings;
      store: Store;
      changes: ChangeSignal;
      now: () => number;
      hiddenAgents: () => string | undefined;
    },
  ) {
    this.#state = state;
    this.#settings = parts.settings;
    this.#store = parts.store;
    this.#changes = parts.changes;
    this.#now = parts.now;
    this.#hiddenAgents = parts.hiddenAgents;
  }

  /** Mesos' id of the framework, once it has one. */
  get frameworkId(): FrameworkId | undefined {
    return this.#state.framework.frameworkId;
  }

  /** Whether Mesos is connected. */
  get connected(): boolean {
    return this.#state.connected;
  }

  /** Whether this process is about to leave. */
  get stopping(): boolean {
    return this.#state.stopping;
  }

  /** Nodes that get no jobs, as they were named. */
  get ignoredNodes(): readonly string[] {
    return this.#state.framework.ignoredNodes;
  }

  /** How many jobs come from a jobs file. */
  get fileJobs(): number {
    let count = 0;
    for (const { spec } of this.#state.jobs.values()) if (spec.fileDigest !== undefined) count++;
    return count;
  }

  /** Whether a job is alive that does not come from a jobs file. */
  get hasOtherJobs(): boolean {
    for (const { spec, result } of this.#state.jobs.values()) {
      if (spec.fileDigest === undefined && !result) return true;
    }
    return false;
  }

  /** A job that has not ended, or that the history has; undefined for others. */
  job(jobID: JobId): JobView | undefined {
    const job = this.#state.jobs.get(jobID);
    if (job) return this.#viewOf(job);
    const ended = this.#store.endedJob(jobID);
    return ended && viewOfEnded(ended);
  }

  /** Whether a job of this id was ever issued. */
  wasIssued(jobID: JobId): boolean {
    return jobID >= 1 && jobID < this.#state.framework.nextJobID;
  }

  /** Whether a job has not ended, and is not being killed. */
  isAlive(jobID: JobId): boolean {
    const job = this.#state.jobs.get(jobID);
    return job !== undefined && !job.result;
  }

  /** The digest of the request that has a key; undefined when it is not known. */
  requestDigest(key: string): string | undefined {
    return this.#state.requests.get(key)?.digest;
  }

  /**
   * A job once it has ended, or as it is after a time.
   *
   * @param options.maxWaitMs How long to wait for its end.
   * @param options.signal Ends the wait: the client has gone.
   */
  async waitForEnd(
    jobID: JobId,
    { maxWaitMs, signal }: { maxWaitMs: number; signal?: AbortSignal },
  ): Promise<JobView | undefined> {
    const deadlineMs = this.#now() + maxWaitMs;
    while (this.isAlive(jobID)) {
      const remainingMs = deadlineMs - this.#now();
      if (remainingMs <= 0 || this.#state.stopping || signal?.aborted) break;
      await this.#changes.wait(remainingMs, signal);
    }
    return this.job(jobID);
  }

  /** Jobs by ascending id. */
  *jobs(query: JobQuery): Generator<JobView, void, void> {
    const history = query.states.has("ended")
      ? this.#store.findEndedJobs(query).map(viewOfEnded)
      : Iterator.from<JobView>([]);
    let ended = history.next();
    for (const live of this.#liveJobs(query)) {
      for (; !ended.done && ended.value.jobID < live.jobID; ended = history.next()) {
        yield ended.value;
      }
      yield live;
    }
    for (; !ended.done; ended = history.next()) yield ended.value;
  }

  /** The jobs that ended last, the last first. */
  *lastEnded(): Generator<JobView, void, void> {
    const { undelivered, jobs } = this.#state;
    for (const jobID of [...undelivered].reverse()) {
      const job = jobs.get(jobID);
      if (job) yield this.#viewOf(job);
    }
    yield* this.#store.endedJobs().map(viewOfEnded);
  }

  /** How many jobs are in each state. */
  counts(): JobCounts {
    const { framework, jobs, tasks, localQueue, queue, undelivered } = this.#state;
    const counts: JobCounts = {
      waiting: queue.size + localQueue.size,
      starting: 0,
      running: 0,
      unreachable: 0,
      killing: 0,
      ended: framework.nextJobID - 1 - (jobs.size - undelivered.size),
    };
    for (const task of tasks.values()) {
      for (const job of this.#state.jobsOf(task)) counts[this.#stateOf(job)]++;
    }
    return counts;
  }

  /** The shapes that wait, and why. */
  waitingShapes(limit: number): WaitingShape[] {
    const shapes = waitingShapes(this.#state, this.#settings, { limit, nowMs: this.#now() });
    const hidden = this.#hiddenAgents();
    if (hidden === undefined) return shapes;
    return shapes.map((each) => ({ ...each, reason: `${each.reason}. ${hidden}` }));
  }

  /** The nodes, by address. */
  nodes(
    query: { preemptible?: boolean | undefined; seenWithinMs?: number | undefined },
  ): NodeView[] {
    const nodes = listNodes(this.#state, query, this.#now());
    const agents = Map.groupBy(this.#state.agents.values(), ({ address }) => address);
    return [...nodes].map(([address, info]) =>
      this.#node(address, info, agents.get(address) ?? [])
    );
  }

  #node(address: string, info: NodeInfo, agents: readonly AgentRecord[]): NodeView {
    const most = (of: (agent: AgentRecord) => number) => Math.max(...agents.map(of));
    const total = (of: (capacity: Quantities) => number) =>
      agents.reduce((sum, { capacity }) => sum + of(capacity), 0);
    return {
      ...info,
      address,
      hostnames: [...new Set(agents.map(({ hostname }) => hostname))],
      agentIds: agents.map(({ agentId }) => agentId),
      preemptible: agents.some(({ preemptible }) => preemptible),
      ignored: agents.every((agent) => isIgnored(this.#state, agent)),
      capacity: {
        cpusMilli: total(({ cpusMilli }) => cpusMilli),
        memoryBytes: total(({ memoryBytes }) => memoryBytes),
        diskBytes: total(({ diskBytes }) => diskBytes),
        gpus: total(({ gpus }) => gpus),
      },
      lastSeenMs: most(({ lastSeenMs }) => lastSeenMs),
    };
  }

  *#liveJobs({ states, after, search }: JobQuery): Generator<JobView, void, void> {
    for (const job of this.#state.jobs.values()) {
      if (job.jobID <= after || !states.has(this.#stateOf(job))) continue;
      const view = this.#viewOf(job);
      if (search === undefined || matches(view, search)) yield view;
    }
  }

  #stateOf(job: JobRecord): JobState {
    if (job.result) return "ended";
    const task = this.#state.taskOf(job);
    if (!task) return "waiting";
    if (job.killRequested) return "killing";
    if (task.phase === "UNREACHABLE") return "unreachable";
    const isStarting = task.phase === "LAUNCHING" || task.phase === "STARTING";
    return isStarting || task.jobIDs[0] !== job.jobID ? "starting" : "running";
  }

  #viewOf(job: JobRecord): JobView {
    const { jobID, spec: { environment: _secret, ...spec }, issuedAtMs, attempt } = job;
    const task = this.#state.taskOf(job);
    const past = job.pastTasks ?? [];
    return {
      jobID,
      spec,
      state: this.#stateOf(job),
      issuedAtMs,
      attempt,
      tasks: task ? [...past, attemptIn(task, job)] : past,
      result: job.result,
    };
  }
}

/** Of the jobs of a task, the first may run. */
function attemptIn(task: TaskRecord, job: JobRecord): TaskView {
  const { agentId, node, executorId, agentUrl, containerId, launchedAtMs } = task;
  const startedAtMs = task.jobIDs[0] === job.jobID ? task.startedAtMs : undefined;
  const taskId = attemptIdIn(task.taskId, job);
  return { taskId, agentId, node, executorId, agentUrl, containerId, launchedAtMs, startedAtMs };
}

function viewOfEnded(ended: EndedJobRecord): JobView {
  const { jobID, spec, issuedAtMs, attempt, pastTasks, result } = ended;
  return { jobID, spec, state: "ended", issuedAtMs, attempt, tasks: pastTasks, result };
}

function matches({ jobID, spec, tasks }: JobView, search: string): boolean {
  return String(jobID) === search || spec.name.includes(search) ||
    tasks.at(-1)?.node === search;
}
