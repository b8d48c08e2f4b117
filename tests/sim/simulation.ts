/**
 * One simulated life of a cluster: a phase of faults, in which nothing wrong may happen, and then a
 * phase without, in which everything must come to its end.
 *
 * Faults are a swarm: each run leaves some kinds out and weights the others wildly, since a uniform
 * mix never reaches the states that need one kind alone.
 *
 * @module
 */

import type { JobSpec } from "../../scheduler/core/records.ts";
import { MIB, shape, spec } from "../../scheduler/testing.ts";
import { Audit, Violation } from "./audit.ts";
import { SimAgent } from "./sim_agent.ts";
import { SimMaster } from "./sim_master.ts";
import { NO_NETWORK_FAULTS } from "./sim_network.ts";
import type { PlantedBug } from "./planted_bugs.ts";
import { SimScheduler } from "./sim_scheduler.ts";
import { World } from "./world.ts";

const FAULTS_MS = 4 * 60_000;
const SETTLE_LIMIT_MS = 90 * 60_000;
const FAULT_PERIOD_MS = 4_000;

/** After the end, for what comes late. */
const LATE_MS = 4 * 60_000;

/** A stopped executor holds its tasks until it is continued. */
const LONGEST_STOP_MS = 400_000;

/** For what it does then. */
const CONTINUED_MS = 60_000;

/** For the end of the tasks of a framework that is removed. */
const TEARDOWN_MS = 10_000;

/** What happened in a run. */
export interface SimulationResult {
  readonly seed: number;
  readonly jobs: number;
  readonly finished: number;
  readonly lost: number;
  readonly killed: number;
  /** Jobs that no node could begin. */
  readonly unlaunched: number;
  readonly faults: Readonly<Record<string, number>>;
}

/** How a run is made. */
export interface SimulationOptions {
  /** Takes the lines of the story. */
  log?: ((line: string) => void) | undefined;
  /** A bug to be found. */
  bug?: PlantedBug | undefined;
}

type Fault = (simulation: Simulation) => void;

const FAULTS: Readonly<Record<string, Fault>> = {
  "link down": (it) => it.cutLink(it.anyAgent(), it.world.chance.between(100, 70_000)),
  "partition": (it) => it.cutLink(it.anyAgent(), it.world.chance.between(75_000, 180_000)),
  "agent restart": (it) => it.restartAgent(it.anyAgent()),
  "executor death": (it) =>
    it.anyAgent().executors.forEach((executor) => executor.die({ isExcused: true })),
  "executor stop": (it) =>
    it.anyAgent().executors.forEach((executor) =>
      executor.stop(it.world.chance.between(1_000, LONGEST_STOP_MS))
    ),
  "executors that begin nothing": (it) =>
    it.anyAgent().brokenUntilMs = it.world.nowMs + it.world.chance.between(1_000, 300_000),
  "no user script": (it) =>
    it.anyAgent().undeployedUntilMs = it.world.nowMs + it.world.chance.between(1_000, 60_000),
  "machine death": (it) => it.killMachine(),
  "master failover": (it) => it.failMasterOver(),
  "scheduler death": (it) => it.scheduler.crash(),
  "store gone back": (it) => it.scheduler.goBack(),
  "detach": (it) => void it.scheduler.leave({ killTasks: false }),
  "shutdown": (it) => void it.scheduler.leave({ killTasks: true }),
  "disconnect": (it) => it.scheduler.disconnect(),
  "framework removal": (it) => it.master.removeFrameworks(),
  "kill": (it) => it.scheduler.kill(it.world.chance.whole(1, it.jobs.length)),
  "ignored node": (it) => void it.scheduler.ignore(it.anyAgent().ip),
};

/** How much less often than the others some happen: at most a few times in a run. */
const RARE: Readonly<Record<string, number>> = {
  "framework removal": 0.02,
  "machine death": 0.02,
  "shutdown": 0.05,
  "store gone back": 0.1,
};

const ROLES: readonly (readonly string[])[] = [[], [], ["a"], ["a", "b"]];

/** The run of one seed. */
class Simulation {
  readonly world: World;
  readonly audit: Audit;
  readonly master: SimMaster;
  readonly jobs: readonly JobSpec[];
  readonly scheduler: SimScheduler;
  readonly faults: Record<string, number> = {};
  readonly #keepsRegistry: boolean;
  readonly #roles: readonly string[];
  readonly #hasGpus: boolean;
  /** For how long short jobs share a task. */
  readonly #bundleMs: number;

  readonly #bug: PlantedBug | undefined;

  constructor(seed: number, options: SimulationOptions) {
    this.#bug = options.bug;
    this.world = new World(seed, options.log);
    const { chance } = this.world;
    this.#keepsRegistry = chance.happens(0.7);
    this.#roles = chance.pick(ROLES);
    this.#hasGpus = chance.happens(0.3);
    this.#bundleMs = chance.happens(0.5) ? 0 : chance.pick([500, 1_000, 5_000]);
    const jobs = this.#bundleMs > 0 ? chance.whole(30, 90) : chance.whole(3, 25);
    this.jobs = Array.from({ length: jobs }, (_, index) => this.#job(index));
    this.audit = new Audit(this.jobs.map(({ retries = 0 }) => retries));
    this.master = new SimMaster(this.world, this.audit);
    this.scheduler = new SimScheduler({
      world: this.world,
      master: this.master,
      audit: this.audit,
      jobs: this.jobs,
      roles: this.#roles,
      bundleMs: this.#bundleMs,
      bug: options.bug,
    });
    const machines = chance.whole(1, 5);
    for (let i = 0; i < machines; i++) this.#addMachine();
  }

  /** Without a job that needs a GPU, Mesos does not offer machines that have some. */
  #job(index: number): JobSpec {
    const { chance } = this.world;
    // Only jobs that are short and alike share tasks.
    const isShort = this.#bundleMs > 0 && chance.happens(0.95);
    const durationMs = Math.round(
      10 ** (isShort ? chance.between(1, 2.7) : chance.between(0, 4.8)),
    );
    const exitStatus = chance.happens(0.2) ? chance.whole(1, 254) : 0;
    return spec({
      command: `${durationMs} ${exitStatus}`,
      local: index > 0 && chance.happens(0.1),
      retries: chance.happens(0.4) ? chance.whole(1, 3) : 0,
      shape: shape({
        cpusMilli: isShort ? 1_000 : 500 * chance.whole(1, 4),
        memoryBytes: isShort ? 64 * MIB : chance.whole(1, 8) * 64 * MIB,
        gpus: this.#hasGpus && (index === 0 || chance.happens(0.2)) ? 1 : 0,
      }),
    });
  }

  /** Machines are reserved in part for the roles that there are. */
  #addMachine(): void {
    const { chance } = this.world;
    const ip = `10.0.0.${this.agents.length + 1}`;
    const [role] = this.#roles;
    const reserved = role !== undefined && chance.happens(0.5) ? `;cpus(${role}):2` : "";
    const gpus = this.#hasGpus ? ";gpus:1" : "";
    const agent = new SimAgent(ip, {
      world: this.world,
      audit: this.audit,
      master: this.master,
      bug: this.#bug,
      // With fewer, an idle executor of another role would keep the largest jobs away.
      resources: `cpus:${
        chance.whole(this.#roles.length > 1 ? 3 : 2, 8)
      };mem:1024;disk:10000${reserved}${gpus}`,
    });
    this.master.agentsByIp.set(ip, agent);
    agent.start();
  }

  get agents(): SimAgent[] {
    return [...this.master.agentsByIp.values()];
  }

  anyAgent(): SimAgent {
    return this.world.chance.pick(this.agents);
  }

  cutLink(agent: SimAgent, ms: number): void {
    if (!agent.isReachable) return;
    this.world.say(() => `${agent.ip}: no link for ${Math.round(ms / 1000)} s`);
    agent.isLinked = false;
    agent.breakLink({ isSilent: this.world.chance.happens(0.5) });
    this.world.after(ms, () => agent.isLinked = true);
  }

  restartAgent(agent: SimAgent): void {
    if (!agent.isUp) return;
    this.world.say(() => `${agent.ip}: the agent restarts`);
    agent.stop();
    this.world.after(this.world.chance.between(500, 120_000), () => agent.start());
  }

  killMachine(): void {
    const living = this.agents.filter(({ isDead }) => !isDead);
    if (living.length < 2) return;
    const agent = this.world.chance.pick(living);
    this.world.say(() => `${agent.ip}: the machine is gone for good`);
    agent.die();
    this.world.after(60_000, () => this.#addMachine());
  }

  failMasterOver(): void {
    if (!this.master.isUp) return;
    this.master.crash({ keepsRegistry: this.#keepsRegistry });
    this.world.after(this.world.chance.between(100, 30_000), () => this.master.start());
  }

  /** Chooses the faults of this run. */
  unleash(): void {
    const { chance } = this.world;
    const untilMs = this.world.nowMs + FAULTS_MS;
    for (const [name, happen] of Object.entries(FAULTS)) {
      if (chance.happens(0.4)) continue;
      const probability = (RARE[name] ?? 1) * 10 ** chance.between(-3, -0.3);
      const dice = () => {
        if (this.world.nowMs >= untilMs) return;
        if (chance.happens(probability)) {
          this.faults[name] = (this.faults[name] ?? 0) + 1;
          happen(this);
        }
        this.world.after(FAULT_PERIOD_MS * chance.between(0.5, 1.5), dice);
      };
      dice();
    }
    const rate = () => chance.happens(0.5) ? 0 : 10 ** chance.between(-4, -1.5);
    this.scheduler.crashRate = rate();
    Object.assign(this.scheduler.networkFaults, {
      lostCall: rate(),
      doubledCall: rate(),
      brokenStream: rate(),
    });
    this.world.after(FAULTS_MS, () => {
      this.scheduler.crashRate = 0;
      Object.assign(this.scheduler.networkFaults, NO_NETWORK_FAULTS);
      this.scheduler.ignoreNone();
    });
  }

  async run(): Promise<void> {
    this.master.start();
    this.scheduler.start();
    this.unleash();
    await this.world.runUntil(this.world.nowMs + FAULTS_MS);
    const continuedMs = this.world.nowMs + LONGEST_STOP_MS;
    this.world.say(() => "no more faults");
    const limitMs = this.world.nowMs + SETTLE_LIMIT_MS;
    while (!this.scheduler.isDone && this.world.nowMs < limitMs) {
      await this.world.runUntil(this.world.nowMs + 10_000);
      this.scheduler.ignoreNone();
      this.master.removeReturned();
    }
    this.audit.checkComplete(this.jobs.length);
    if (!this.scheduler.isDone) throw new Violation("the scheduler has not come to rest");
    // Late copies on machines that came back are found out and ended.
    await this.world.runUntil(Math.max(this.world.nowMs + LATE_MS, continuedMs + CONTINUED_MS));
    // Agents that came back may have brought back a framework that was removed.
    this.master.removeReturned();
    await this.world.runUntil(this.world.nowMs + TEARDOWN_MS);
    this.master.checkIdle(this.agents);
    this.audit.checkIdle();
  }

  result(seed: number): SimulationResult {
    const reasons = [...this.audit.results.values()].map(({ exitReason }) => exitReason);
    return {
      seed,
      jobs: this.jobs.length,
      finished: reasons.filter((reason) => reason === "FINISHED" || reason === "FAILED").length,
      lost: reasons.filter((reason) => reason === "LOST").length,
      // Some are killed by a shutdown that the executor hears of only after the next start.
      killed: this.audit.killed.size + reasons.filter((reason) => reason === "KILLED").length,
      unlaunched: reasons.filter((reason) => reason === "ERROR").length,
      faults: this.faults,
    };
  }
}

/**
 * Runs the simulation of one seed.
 *
 * @throws {Violation} when a property does not hold; the text names seed and property.
 */
export async function simulate(
  seed: number,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const simulation = new Simulation(seed, options);
  try {
    await simulation.run();
  } catch (error) {
    const { message } = error as Error;
    throw new Violation(`seed ${seed}: ${message}; replay: deno task sim --seed ${seed}`, {
      cause: error,
    });
  }
  return simulation.result(seed);
}
