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
import { Ledger, Violation } from "./ledger.ts";
import { SimAgent } from "./sim_agent.ts";
import { SimMaster } from "./sim_master.ts";
import { NO_FAULTS, type PlantedBug, SimScheduler } from "./sim_scheduler.ts";
import { World } from "./world.ts";

const FAULTS_MS = 20 * 60_000;
const SETTLE_LIMIT_MS = 90 * 60_000;
const FAULT_PERIOD_MS = 5_000;

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
  "partition": (it) => it.cutLink(it.anyAgent(), it.world.chance.between(75_000, 900_000)),
  "agent restart": (it) => it.restartAgent(it.anyAgent()),
  "executor death": (it) => it.anyAgent().killExecutor(),
  "executors that begin nothing": (it) =>
    it.anyAgent().brokenUntilMs = it.world.nowMs + it.world.chance.between(1_000, 300_000),
  "machine death": (it) => it.killMachine(),
  "master failover": (it) => it.failMasterOver(),
  "scheduler death": (it) => it.scheduler.crash(),
  "disconnect": (it) => it.scheduler.disconnect("the network failed"),
  "framework removal": (it) => it.master.removeFramework(),
  "kill": (it) => it.scheduler.kill(it.world.chance.whole(1, it.jobs.length)),
};

/** The run of one seed. */
class Simulation {
  readonly world: World;
  readonly ledger = new Ledger();
  readonly master: SimMaster;
  readonly jobs: readonly JobSpec[];
  readonly scheduler: SimScheduler;
  readonly faults: Record<string, number> = {};
  #machines = 0;
  readonly #keepsRegistry: boolean;

  constructor(seed: number, options: SimulationOptions) {
    this.world = new World(seed, options.log);
    this.master = new SimMaster(this.world, this.ledger);
    this.#keepsRegistry = this.world.chance.happens(0.7);
    this.jobs = Array.from({ length: this.world.chance.whole(5, 60) }, () => this.#job());
    this.scheduler = new SimScheduler({
      world: this.world,
      master: this.master,
      ledger: this.ledger,
      jobs: this.jobs,
      bug: options.bug,
    });
    const machines = this.world.chance.whole(1, 5);
    for (let i = 0; i < machines; i++) this.#addMachine();
  }

  #job(): JobSpec {
    const { chance } = this.world;
    const durationMs = Math.round(10 ** chance.between(0, 5.5));
    const exitStatus = chance.happens(0.2) ? chance.whole(1, 254) : 0;
    return spec({
      command: `${durationMs} ${exitStatus}`,
      shape: shape({
        cpusMilli: 500 * chance.whole(1, 4),
        memoryBytes: chance.whole(1, 8) * 64 * MIB,
      }),
    });
  }

  #addMachine(): void {
    const { chance } = this.world;
    this.master.addAgent(
      new SimAgent(`a${++this.#machines}`, {
        world: this.world,
        ledger: this.ledger,
        link: this.master,
        cpus: chance.whole(2, 8),
        mem: 1024,
      }),
    );
  }

  anyAgent(): SimAgent {
    return this.world.chance.pick([...this.master.agents.values()]);
  }

  cutLink(agent: SimAgent, ms: number): void {
    if (!agent.linked || agent.dead) return;
    this.world.say(() => `${agent.id}: no link for ${Math.round(ms / 1000)} s`);
    agent.linked = false;
    this.master.agentAway(agent);
    this.world.after(ms, () => {
      agent.linked = true;
      this.master.agentBack(agent);
    });
  }

  restartAgent(agent: SimAgent): void {
    if (!agent.up || agent.dead) return;
    this.world.say(() => `${agent.id}: the agent restarts`);
    agent.up = false;
    this.master.agentAway(agent);
    this.world.after(this.world.chance.between(500, 120_000), () => {
      agent.up = true;
      this.master.agentBack(agent);
    });
  }

  killMachine(): void {
    const living = [...this.master.agents.values()].filter(({ dead }) => !dead);
    if (living.length < 2) return;
    const agent = this.world.chance.pick(living);
    agent.die();
    this.master.agentAway(agent);
    this.world.after(60_000, () => this.#addMachine());
  }

  failMasterOver(): void {
    if (!this.master.up) return;
    this.master.crash({ keepsRegistry: this.#keepsRegistry });
    this.world.after(this.world.chance.between(100, 30_000), () => {
      this.master.recover();
      for (const agent of this.master.agents.values()) {
        // An agent that is away when the registry is read counts as away from then on.
        this.world.after(90_000, () => {
          if (!agent.reachable) this.master.agentGone(agent);
        });
      }
    });
  }

  /** Chooses the faults of this run. */
  unleash(): void {
    const { chance } = this.world;
    const untilMs = this.world.nowMs + FAULTS_MS;
    for (const [name, happen] of Object.entries(FAULTS)) {
      if (chance.happens(0.4)) continue;
      const rare = name === "framework removal" || name === "machine death" ? 0.02 : 1;
      const probability = rare * 10 ** chance.between(-3, -0.3);
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
    Object.assign(this.scheduler.faults, {
      crash: rate(),
      lostCall: rate(),
      doubledCall: rate(),
      brokenStream: rate(),
    });
    this.world.after(FAULTS_MS, () => Object.assign(this.scheduler.faults, NO_FAULTS));
  }

  run(): void {
    this.scheduler.start();
    this.unleash();
    this.world.runUntil(this.world.nowMs + FAULTS_MS);
    this.world.say(() => "no more faults");
    const limitMs = this.world.nowMs + SETTLE_LIMIT_MS;
    while (!this.scheduler.isDone && this.world.nowMs < limitMs) {
      this.world.runUntil(this.world.nowMs + 10_000);
    }
    this.ledger.checkComplete(this.jobs.length);
    if (!this.scheduler.isDone) throw new Violation("the scheduler has not come to rest");
    // Late copies on machines that came back are found out and ended.
    this.world.runUntil(this.world.nowMs + 20 * 60_000);
    this.master.checkIdle();
  }

  result(seed: number): SimulationResult {
    const reasons = [...this.ledger.results.values()].map(({ exitReason }) => exitReason);
    return {
      seed,
      jobs: this.jobs.length,
      finished: reasons.filter((reason) => reason === "FINISHED" || reason === "FAILED").length,
      lost: reasons.filter((reason) => reason === "LOST").length,
      killed: this.ledger.killed.size,
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
export function simulate(seed: number, options: SimulationOptions = {}): SimulationResult {
  const simulation = new Simulation(seed, options);
  try {
    simulation.run();
  } catch (error) {
    const { message } = error as Error;
    throw new Violation(`seed ${seed}: ${message}; replay: deno task sim --seed ${seed}`, {
      cause: error,
    });
  }
  return simulation.result(seed);
}
