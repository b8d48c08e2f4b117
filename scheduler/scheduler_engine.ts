/**
 * The parts of a running batch system and how they are wired: the loop, the link to Mesos, local
 * jobs, results. Decisions are made in core/step.ts; callers use batch_system.ts.
 *
 * @module
 */

import { USER_SCRIPT_ENV_NAME } from "../resource/deployment.ts";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { getLogger } from "../support/log.ts";
import type { BatchSystemConfig, BatchSystemParts } from "./batch_system_config.ts";
import { ChangeSignal } from "./change_signal.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import type { Effects } from "./core/frame.ts";
import { frameworkInfo } from "./core/framework_info.ts";
import type { Input } from "./core/inputs.ts";
import type { StoredState } from "./core/change_log.ts";
import { schedulingStatus } from "./core/scheduling_status.ts";
import { SchedulerState } from "./core/scheduler_state.ts";
import type { SchedulerSettings } from "./core/settings.ts";
import { logEvent } from "./event_log.ts";
import { ExecutorEnds } from "./executor_ends.ts";
import { SchedulerLoop } from "./event_loop.ts";
import { StateInspection } from "./state_inspection.ts";
import { type KillWait, tasksEnded } from "./kill_confirmation.ts";
import { LocalJobs } from "./local_jobs.ts";
import { MesosLink } from "./mesos_link.ts";
import { Registration } from "./registration.ts";
import { ResultQueue } from "./result_queue.ts";
import { describeHidden, UnofferedAgents } from "./unoffered_agents.ts";
import { UpdateFeed } from "./update_feed.ts";

/** How long to wait for the end of killed tasks beyond the grace period. */
const KILL_CONFIRM_MS = 30_000;

/** What an engine is made with. */
export interface EngineOptions {
  /** What the user decided. */
  readonly config: BatchSystemConfig;
  /** What it works with. */
  readonly parts: BatchSystemParts;
  /** What the store holds. */
  readonly stored: StoredState;
  /** Those of the configuration, completed. */
  readonly settings: SchedulerSettings;
  /** Takes every event once its changes are stored. */
  readonly publish: (event: BatchSystemEvent) => void;
}

/** Runs the loop of a batch system. */
export class SchedulerEngine {
  /** Read by everyone, changed by the loop alone. */
  readonly state: SchedulerState;
  /** Results on their way to callers. */
  readonly results: ResultQueue;
  /** The same for those who acknowledge by number. */
  readonly updates: UpdateFeed;
  /** Where local jobs work. */
  readonly localDirectory: string;
  /** What people and programs see. */
  readonly inspection: StateInspection;
  /** Notified when the state has changed. */
  readonly changes = new ChangeSignal();
  readonly #options: EngineOptions;
  readonly #loop: SchedulerLoop;
  readonly #mesos: MesosLink;
  readonly #localJobs: LocalJobs;
  readonly #executorEnds: ExecutorEnds;
  readonly #unoffered: UnofferedAgents;
  readonly #log = getLogger("scheduler");
  readonly #registration = new Registration();
  readonly #failure = Promise.withResolvers<never>();
  #left: Promise<boolean> | undefined;

  /** An engine that does nothing yet. */
  constructor(options: EngineOptions) {
    const { config, parts, settings, stored } = options;
    this.#options = options;
    this.#executorEnds = new ExecutorEnds(parts.readTail);
    this.#unoffered = new UnofferedAgents(parts.listAgents);
    this.state = new SchedulerState(stored, parts.now());
    this.#loop = new SchedulerLoop({
      state: this.state,
      store: parts.store,
      settings,
      clock: { ...SYSTEM_CLOCK, now: parts.now },
      perform: (effects) => this.#perform(effects),
      failed: (error) => this.#fail(error),
    });
    this.#mesos = new MesosLink({
      createDriver: parts.createDriver,
      info: () => frameworkInfo(config.framework, this.state.framework),
      submit: (input) => this.#loop.submit(input),
      failed: (error) => this.#fail(error),
    });
    this.localDirectory = config.workDir === undefined
      ? `${config.temporaryDirectory}/local-jobs`
      : `${config.workDir}/${stored.framework.workflowID}`;
    this.#localJobs = new LocalJobs({
      directory: this.localDirectory,
      cleanWorkDir: config.cleanWorkDir,
      // An executor of an embedded Mesos adopts its own orphans; those that it leaves when it dies
      // may be killed with the others.
      adoptsOrphans: parts.ownsProcess === true,
      environment: config.localEnvironment,
      stdOutErrPaths: settings.stdOutErrPaths,
      killGraceMs: settings.killGraceMs,
      ended: (jobID, end) => this.#loop.submit({ type: "LOCAL_ENDED", jobID, end }),
    });
    this.results = new ResultQueue({
      state: this.state,
      changes: this.changes,
      now: parts.now,
    });
    this.updates = new UpdateFeed({
      state: this.state,
      changes: this.changes,
      now: parts.now,
      deliver: async (jobIDs) => void await this.request({ type: "DELIVERED", jobIDs }),
    });
    this.inspection = new StateInspection(this.state, {
      settings,
      store: parts.store,
      changes: this.changes,
      now: parts.now,
      hiddenAgents: () => this.#hiddenAgents(),
    });
    // Callers that wait see the failure; without any it must not end the process.
    this.failed.catch(() => {});
  }

  /** What holds waiting jobs back, for people; undefined when none waits. */
  schedulingStatus(): string | undefined {
    const { settings, parts } = this.#options;
    const status = schedulingStatus(this.state, settings, {
      blockedOnly: false,
      nowMs: parts.now(),
    });
    const hidden = this.#hiddenAgents();
    return status && hidden ? `${status}; ${hidden}` : status;
  }

  /** Which agents Mesos hides since no job asks for GPUs, for people; undefined: none is known. */
  #hiddenAgents(): string | undefined {
    const { hidden } = this.#unoffered;
    return hidden === "" || this.state.framework.usesGpus ? undefined : describeHidden(hidden);
  }

  /** Rejects when the loop has failed. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /**
   * Connects to Mesos; resolves when the framework is registered.
   *
   * @throws {MesosUnavailableError} when that takes too long, or Mesos refuses.
   */
  async start(): Promise<void> {
    await this.request({ type: "STARTED" });
    this.#mesos.connect();
    await this.#registration.wait({
      timeoutMs: this.#options.config.registrationTimeoutMs,
      lastError: () => this.#mesos.lastError,
      failed: this.failed,
    });
  }

  /** Hands an input to the loop; resolves to its answer once its changes are stored. */
  request(input: Input): ReturnType<SchedulerLoop["request"]> {
    return this.#loop.request(input);
  }

  /** Says where local jobs that start from now on find the user script. */
  setLocalUserScript(path: string): void {
    this.#localJobs.setVariable(USER_SCRIPT_ENV_NAME, path);
  }

  /** How to wait for the end of tasks that are being killed. */
  get killWait(): KillWait {
    const { parts, settings } = this.#options;
    return {
      state: this.state,
      changes: this.changes,
      now: parts.now,
      timeoutMs: settings.killGraceMs + KILL_CONFIRM_MS,
    };
  }

  /** Kills all jobs and removes the framework; resolves to whether Mesos has confirmed that. */
  shutdown(): Promise<boolean> {
    return this.#left ??= this.#leave({ killTasks: true });
  }

  /** Leaves the jobs running. Of `shutdown` and this only the first call counts. */
  async detach(): Promise<void> {
    this.#left ??= this.#leave({ killTasks: false });
    await this.#left;
  }

  async #leave({ killTasks }: { killTasks: boolean }): Promise<boolean> {
    await this.#requestLast({ type: "STOPPING", killTasks });
    // Callers that wait for results must not wait for those that will not come.
    this.changes.notify();
    const localJobsEnded = this.#localJobs.close();
    let tornDown = false;
    if (killTasks) {
      // Mesos does not report the end of tasks whose framework it removes.
      await tasksEnded(this.killWait);
      tornDown = await this.#mesos.teardown();
    } else await this.#mesos.stop();
    await localJobsEnded;
    await this.#requestLast({ type: "STOPPED", tornDown });
    this.#loop.stop();
    this.#options.parts.store.close();
    this.changes.notify();
    return tornDown;
  }

  /** After a failure no loop answers. */
  async #requestLast(input: Input): Promise<void> {
    await this.request(input).catch(() => {});
  }

  #perform(effects: Effects): void {
    for (const call of effects.calls) this.#mesos.send(call);
    if (effects.updateFramework) this.#mesos.updateFramework();
    for (const action of effects.localActions) {
      if (action.type === "START") this.#localJobs.start(action.job, action.taskId);
      else this.#localJobs.kill(action.jobID);
    }
    for (const event of effects.events) {
      if (event.type === "REGISTERED" || event.type === "REREGISTERED") {
        this.#registration.done();
      }
      logEvent(this.#log, event);
      if (event.type === "EXECUTOR_ENDED" && !this.state.stopping) {
        void this.#executorEnds.tell(event, this.state.framework.frameworkId);
      }
      if (event.type === "STARVING") {
        const { usesGpus } = this.state.framework;
        void this.#unoffered.tell(event.lack, { master: this.#mesos.master, usesGpus });
      }
      this.#options.publish(event);
    }
    if (effects.events.length > 0 || this.state.stopping) this.changes.notify();
    if (effects.subscribeAnew) this.#mesos.connect();
  }

  #fail(error: Error): void {
    this.#log.error("{error}", { error });
    this.#loop.stop();
    this.#failure.reject(error);
    this.changes.fail(error);
  }
}
