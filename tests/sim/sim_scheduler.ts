/**
 * The scheduler's process: its own loop, driver and call queue, on a clock and a network that are
 * simulated. It may die between any two steps, leave in order at any point, and come back with
 * another executor command. Its user wants each result once.
 *
 * @module
 */

import { MesosSchedulerDriver } from "../../mesos/scheduler_driver.ts";
import { StaticMasterDetector } from "../../mesos/detector/master_detector.ts";
import type { SchedulerRequest } from "../../mesos/scheduler.ts";
import type { SchedulerCall } from "../../mesos/wire/messages.ts";
import type { Effects, LocalAction } from "../../scheduler/core/frame.ts";
import { frameworkInfo } from "../../scheduler/core/framework_info.ts";
import { tasksToKill } from "../../scheduler/core/kills.ts";
import type { JobSpec } from "../../scheduler/core/records.ts";
import { SchedulerState } from "../../scheduler/core/scheduler_state.ts";
import { SchedulerLoop } from "../../scheduler/event_loop.ts";
import { MesosCallbacks } from "../../scheduler/mesos_callbacks.ts";
import { newFramework, SETTINGS } from "../../scheduler/testing.ts";
import type { Clock } from "../../support/clock.ts";
import { type Audit, LEADER, Violation } from "./audit.ts";
import type { SimMaster } from "./sim_master.ts";
import { misread, mistaken, type PlantedBug } from "./planted_bugs.ts";
import { type NetworkFaults, NO_NETWORK_FAULTS, SimTransport } from "./sim_network.ts";
import { SimStore } from "./sim_store.ts";
import type { World } from "./world.ts";

const DIGEST = "the job file";
const ISSUE_BATCHES = [7, 50] as const;
const USER_MS = 1_000;
const KILL_WAIT_MS = 35_000;
const TEARDOWN_MS = 10_000;
const UNREACHABLE_MS = 120_000;
const SUBSCRIBE_ANEW_MS = 500;
const MASTER = new URL("http://127.0.0.1:5050");

/** The process has died. */
class Death extends Error {}

/** One life of the process. */
interface Life {
  readonly clock: Clock;
  readonly state: SchedulerState;
  readonly loop: SchedulerLoop;
  readonly localJobs: Set<number>;
  driver: MesosSchedulerDriver | undefined;
  transport: SimTransport | undefined;
  isAlive: boolean;
  isLeaving: boolean;
}

/** What a scheduler is made of. */
export interface SimSchedulerParts {
  readonly world: World;
  readonly master: SimMaster;
  readonly audit: Audit;
  readonly jobs: readonly JobSpec[];
  readonly roles: readonly string[];
  /** For how long short jobs share a task. */
  readonly bundleMs: number;
  readonly bug?: PlantedBug | undefined;
}

/** The scheduler, over all its lives. */
export class SimScheduler {
  /** How often the process dies, at each of its steps. */
  crashRate = 0;
  readonly networkFaults: NetworkFaults = { ...NO_NETWORK_FAULTS };
  readonly #parts: SimSchedulerParts;
  readonly #store: SimStore;
  readonly #wantedKills = new Set<number>();
  readonly #ignored = new Set<string>();
  #life: Life | undefined;
  #lives = 0;
  #commandVersion = 0;

  constructor(parts: SimSchedulerParts) {
    this.#parts = parts;
    const { audit, bug } = parts;
    this.#store = new SimStore({
      mayDie: () => this.#mayDie(),
      forgotten: (jobID) => {
        if (!audit.results.has(jobID)) audit.kill(jobID);
      },
      remembered: (jobID) => audit.forgetKill(jobID),
    }, {
      writesLate: bug === "acts before it commits",
      misreads: (stored) => misread(stored, bug),
    });
  }

  /** Whether every job is done with. */
  get isDone(): boolean {
    const state = this.#life?.state;
    return state?.jobFiles.get(DIGEST)?.issued === this.#parts.jobs.length && state.jobs.size === 0;
  }

  /** Starts the process on what its store has. */
  start(): void {
    if (this.#life) return;
    const { world, audit, bug } = this.#parts;
    world.say(() => "scheduler: starts");
    if (world.chance.happens(0.3)) this.#commandVersion++;
    const { isRestored, frameworkId } = this.#openStore();
    const stored = this.#store.load(newFramework());
    if (isRestored && frameworkId) stored.framework.frameworkId = frameworkId;
    const state = new SchedulerState(stored, world.nowMs);
    // The user asks for what the copy does not hold.
    if (isRestored) {
      this.#ignored.clear();
      for (const node of stored.framework.ignoredNodes) this.#ignored.add(node);
    }
    const settings = {
      ...SETTINGS,
      isRestored,
      bundleMs: world.chance.happens(0.9) ? this.#parts.bundleMs : 0,
      taskIdEpoch: (this.#lives + 1).toString(16).padStart(8, "0"),
      unreachableTimeoutMs: UNREACHABLE_MS,
      executorCommand: { shell: true, value: `executor ${this.#commandVersion}` },
    };
    const clock = world.clock(() => life.isAlive);
    const loop = new SchedulerLoop({
      state,
      store: this.#store,
      settings,
      clock,
      perform: (effects) => this.#perform(life, effects),
      failed: (error) => this.#failed(error),
    });
    const life: Life = {
      clock,
      state,
      loop,
      localJobs: new Set(),
      driver: undefined,
      transport: undefined,
      isAlive: true,
      isLeaving: false,
    };
    this.#life = life;
    const isFirst = this.#lives++ === 0;
    audit.localJobsMayRunAgain();
    if (bug !== "launches before it has the user script" || isFirst) {
      loop.submit({ type: "USER_SCRIPT", pickled: `script ${this.#lives}` });
    }
    if (isRestored || stored.framework.isRestored) {
      loop.submit({ type: "REPORTED", results: [...audit.results.values()], reissues: true });
    }
    loop.submit({ type: "STARTED" });
    this.#connect(life);
    const actAsUser = () => {
      if (life.isLeaving) return;
      this.#actAsUser(life);
      clock.after(USER_MS, actAsUser);
    };
    actAsUser();
  }

  /** Has an older copy of its store in place of the store, at the next start. */
  goBack(): void {
    if (!this.#life) return;
    this.crash();
    const { chance } = this.#parts.world;
    this.#store.goBack(chance.whole(0, this.#store.size));
  }

  /** A store that has gone back is refused: the user puts the newest files back, or accepts it. */
  #openStore(): { isRestored: boolean; frameworkId?: string | undefined } {
    const { world, audit, bug } = this.#parts;
    const { loss, lost } = this.#store;
    if (lost > 0 && !loss) throw new Violation(`the loss of ${lost} commits is not noticed`);
    if (!loss) return { isRestored: false };
    world.say(() => `scheduler: the store is refused: ${loss}`);
    if (world.chance.happens(0.3)) {
      this.#store.putBack();
      return { isRestored: false };
    }
    world.say(() => "scheduler: the older store is accepted");
    const frameworkId = this.#store.accept();
    audit.goBack();
    return { isRestored: bug !== "trusts a store that has gone back", frameworkId };
  }

  /** Kills the process. */
  crash(): void {
    const { world } = this.#parts;
    const life = this.#life;
    if (!life) return;
    world.say(() => "scheduler: dies");
    life.isAlive = false;
    life.transport?.breakStream();
    this.#life = undefined;
    world.after(world.chance.between(10, 20_000), () => this.start());
  }

  /** Leaves in order, and comes back some time later. */
  async leave({ killTasks }: { killTasks: boolean }): Promise<void> {
    const { world, audit, bug } = this.#parts;
    const life = this.#life;
    if (!life || life.isLeaving) return;
    const { loop, state, clock, driver } = life;
    world.say(() => `scheduler: ${killTasks ? "shuts down" : "detaches"}`);
    life.isLeaving = true;
    try {
      if (killTasks) audit.shutDown();
      await loop.request({ type: "STOPPING", killTasks });
      const deadlineMs = clock.now() + KILL_WAIT_MS;
      while (
        killTasks && state.connected && tasksToKill(state).length > 0 && clock.now() < deadlineMs
      ) await new Promise<void>((resolve) => clock.after(100, resolve));
      const isBelieved = bug === "believes that a teardown was done";
      const isTornDown = killTasks && !isBelieved && await driver?.teardown(TEARDOWN_MS);
      await driver?.stop();
      life.localJobs.clear();
      const tornDown = isTornDown || (killTasks && isBelieved);
      // Where Mesos has removed the framework, its agents end what still runs of it.
      if (isTornDown) audit.forgive();
      await loop.request({ type: "STOPPED", tornDown });
      loop.stop();
      life.isAlive = false;
      this.#life = undefined;
      world.after(world.chance.between(10, 20_000), () => this.start());
    } catch {
      // It has died meanwhile.
    }
  }

  /** The connection breaks. */
  disconnect(): void {
    this.#life?.transport?.breakStream();
  }

  /** The user wants this job killed. */
  kill(jobID: number): void {
    this.#wantedKills.add(jobID);
  }

  /** The user wants a node to get no jobs, or to get them again. */
  async ignore(node: string): Promise<void> {
    const life = this.#life;
    if (!life || life.isLeaving) return;
    const isIgnored = this.#ignored.has(node);
    if (isIgnored) this.#ignored.delete(node);
    try {
      await life.loop.request({ type: isIgnored ? "UNIGNORE_NODE" : "IGNORE_NODE", node });
      if (!isIgnored) this.#ignored.add(node);
    } catch {
      // It has died meanwhile, and nobody was told that the node is ignored.
    }
  }

  /** No node is ignored any more. */
  ignoreNone(): void {
    // A process that ended before it answered may have written a request down.
    for (const node of this.#life?.state.framework.ignoredNodes ?? []) this.#ignored.add(node);
    for (const node of [...this.#ignored]) this.ignore(node);
  }

  // ---- the user

  /** Issues what is not issued, takes results, repeats kills that got no answer. */
  #actAsUser({ state, loop }: Life): void {
    const { world, jobs, audit } = this.#parts;
    const issued = state.jobFiles.get(DIGEST)?.issued ?? 0;
    if (issued < jobs.length) {
      const specs = jobs.slice(issued, issued + world.chance.pick(ISSUE_BATCHES));
      loop.submit({ type: "ISSUE", specs, file: { digest: DIGEST, issuedBefore: issued } });
    } else if (state.framework.isRestored && state.reissues) {
      loop.submit({ type: "REPORTED", results: [], reissues: false });
    }
    const results = [...state.undelivered].flatMap((jobID) => state.jobs.get(jobID)?.result ?? []);
    if (results.length > 0) {
      for (const result of results) audit.report(result);
      loop.submit({ type: "DELIVERED", jobIDs: results.map(({ jobID }) => jobID) });
    }
    for (const jobID of this.#wantedKills) {
      // What was reported before can't be killed any more.
      if (audit.results.has(jobID) || audit.killed.has(jobID)) this.#wantedKills.delete(jobID);
      else if (state.jobs.has(jobID)) loop.submit({ type: "KILL", jobIDs: [jobID] });
    }
  }

  // ---- the process

  #mayDie(): void {
    if (this.#parts.world.chance.happens(this.crashRate)) throw new Death("died");
  }

  #failed(error: Error): void {
    if (!(error instanceof Death)) this.#parts.world.fail(error);
    this.crash();
  }

  #perform(life: Life, effects: Effects): void {
    this.#mayDie();
    for (const call of effects.calls) {
      this.#check(life, call);
      life.driver?.send(call);
      this.#mayDie();
    }
    if (effects.updateFramework) {
      const framework_info = this.#info(life);
      life.driver?.send({ type: "UPDATE_FRAMEWORK", update_framework: { framework_info } });
    }
    for (const action of effects.localActions) this.#actLocally(life, action);
    if (effects.subscribeAnew) life.clock.after(SUBSCRIBE_ANEW_MS, () => this.#connect(life));
  }

  /** No job goes to a node of which the user was told that it gets none. */
  #check(life: Life, { accept }: SchedulerRequest): void {
    const tasks = (accept?.operations ?? []).flatMap(({ launch }) => launch?.task_infos ?? []);
    for (const { task_id, agent_id } of tasks) {
      const node = life.state.agents.get(agent_id.value)?.address ?? "";
      if (!this.#ignored.has(node)) continue;
      throw new Violation(`task ${task_id.value} goes to the ignored node ${node}`);
    }
  }

  #actLocally(life: Life, action: LocalAction): void {
    const { audit } = this.#parts;
    const { clock, loop, localJobs } = life;
    const submitEnd = (jobID: number, exitStatus: number) => {
      if (!localJobs.delete(jobID)) return;
      loop.submit({
        type: "LOCAL_ENDED",
        jobID,
        end: {
          exitStatus,
          exitReason: exitStatus === 0 ? "FINISHED" : "FAILED",
          wallTimeSeconds: 0.5,
          message: "",
        },
      });
    };
    if (action.type === "KILL") {
      clock.after(10, () => {
        audit.cutLocalJob(action.jobID);
        submitEnd(action.jobID, -15);
      });
      return;
    }
    const { job: { jobID, spec }, taskId } = action;
    const [durationMs = 0, exitStatus = 0] = spec.command.split(" ").map(Number);
    localJobs.add(jobID);
    const execution = audit.start({
      jobID,
      taskId,
      node: LEADER,
      userScript: "here",
    });
    clock.after(durationMs, () => {
      if (!localJobs.has(jobID)) return;
      execution.ended = true;
      execution.exitStatus = exitStatus;
      submitEnd(jobID, exitStatus);
    });
  }

  #info({ state }: Life) {
    return frameworkInfo({
      name: "sim",
      user: "root",
      roles: this.#parts.roles,
      principal: undefined,
      hostname: "leader",
      failoverTimeoutMs: 7 * 24 * 3_600_000,
    }, state.framework);
  }

  #connect(life: Life): void {
    const { world, master, bug } = this.#parts;
    const drops = (call: SchedulerCall) =>
      bug === "forgets to reconcile" && call.type === "RECONCILE";
    life.transport = new SimTransport({
      world,
      master,
      faults: this.networkFaults,
      isAlive: () => life.isAlive,
      drops,
    });
    const callbacks = new MesosCallbacks({
      submit: (input) => life.loop.submit(mistaken(input, { bug, uuid: () => world.uuid() })),
      refused: (error) => world.fail(error),
    });
    life.driver = new MesosSchedulerDriver(callbacks, {
      detector: new StaticMasterDetector([MASTER]),
      frameworkInfo: () => this.#info(life),
      client: life.transport,
      clock: life.clock,
    });
    life.driver.start();
  }
}
