/**
 * Chaos: jobs run while scheduler, master, agents and executors are killed, or stopped and continued,
 * at random. At the end every job must be accounted for exactly once. By hand:
 *
 * ```text
 *  deno run --allow-all tests/faults/chaos.ts --jobs 10000 --seed 7
 * ```
 *
 * A seed repeats the choice of faults; what they meet is up to the machine.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import type { Ended, Running } from "../kit/workplace.ts";
import { Chance } from "../sim/chance.ts";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { sendSignal } from "../../process/signals.ts";
import { pause } from "../kit/random.ts";
import type { ResultLine } from "../kit/results.ts";
import type { Service } from "../kit/service.ts";
import { type Site, withSite } from "../kit/site.ts";

const AGENTS = 3;
const CPUS = 4;

/** Faults come at this pace, in milliseconds. */
const MIN_PAUSE_MS = 300;
const MAX_PAUSE_MS = 2_500;

/** Long enough for an agent to be given up now and then, and for a master not to be. */
const MAX_OUTAGE_MS = 6_000;

/** With so few jobs left no more faults come. The last one waits until all have recovered. */
const CALM_JOBS = 20;
const LAST = "last";

const OPTIONS = ["--unreachable-timeout", "4s", "--kill-grace", "1s", "--log-level", "DEBUG"];

/** How a run is made. */
export interface ChaosOptions {
  readonly jobs: number;
  readonly seed: number;
  /** Takes the lines of the story. */
  readonly log: (line: string) => void;
}

/** What happened. */
export interface ChaosResult {
  readonly faults: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly seconds: number;
}

/** Something that can be hurt. */
interface Victim {
  readonly name: string;
  /** Hurts it, for a time; false when there is nothing to hurt. */
  hurt(fault: "kill" | "stop", outageMs: number): Promise<boolean>;
}

class Chaos {
  readonly faults: Record<string, number> = {};
  readonly #site: Site;
  readonly #chance: Chance;
  readonly #log: (line: string) => void;
  readonly #startedMs = performance.now();
  /** How often something on a node was hurt: all that runs there may be lost by it. */
  readonly #hits: number[] = Array.from({ length: AGENTS }, () => 0);
  #scheduler: Running;

  constructor(site: Site, { seed, log }: ChaosOptions) {
    this.#site = site;
    this.#chance = new Chance(seed);
    this.#log = log;
    this.#scheduler = this.#schedule();
  }

  /** Hurts this and that until most jobs are reported, lets all recover, and waits for the end. */
  async run(calmAt: number): Promise<Ended> {
    const victims = this.#victims();
    const hurting = new Map<Victim, Promise<void>>();
    while (this.#site.reported() < calmAt) {
      await pause(this.#chance.between(MIN_PAUSE_MS, MAX_PAUSE_MS));
      const victim = this.#chance.pick(victims);
      const fault = this.#chance.happens(0.6) ? "kill" : "stop";
      const outageMs = this.#chance.next() ** 2 * MAX_OUTAGE_MS;
      if (hurting.has(victim)) continue;
      hurting.set(
        victim,
        this.#hurt(victim, fault, outageMs).finally(() => hurting.delete(victim)),
      );
    }
    await Promise.all(hurting.values());
    // An agent that is away when the framework leaves does not hear of it.
    await this.#site.mesos.registered();
    await this.#site.open(LAST);
    return await this.#scheduler.ended;
  }

  /** Jobs are lost only where something was hurt; gives their number. */
  assertLostForAReason(results: readonly ResultLine[]): number {
    const lost = results.filter(({ exitReason }) => exitReason === "LOST");
    for (let i = 0; i < AGENTS; i++) {
      const ofNode = lost.filter(({ node }) => node === this.#site.mesos.ip(i)).length;
      const mayBeLost = (this.#hits[i] as number) * CPUS;
      assert(
        ofNode <= mayBeLost,
        `${ofNode} jobs of node ${i} are lost, but only ${mayBeLost} hit`,
      );
    }
    return lost.length;
  }

  async #hurt(victim: Victim, fault: "kill" | "stop", outageMs: number): Promise<void> {
    const seconds = ((performance.now() - this.#startedMs) / 1000).toFixed(1);
    if (!await victim.hurt(fault, outageMs)) return;
    const what = `${fault} ${victim.name.replace(/ \d+$/, "")}`;
    this.faults[what] = (this.faults[what] ?? 0) + 1;
    this.#log(`${seconds} s: ${fault} ${victim.name} for ${Math.round(outageMs)} ms`);
  }

  #victims(): Victim[] {
    const { mesos } = this.#site;
    return [
      { name: "scheduler", hurt: (fault, outageMs) => this.#hurtScheduler(fault, outageMs) },
      {
        name: "master",
        hurt: (fault, outageMs) => this.#hurtService(mesos.master, fault, outageMs),
      },
      ...mesos.agents.flatMap((agent, i) => [
        {
          name: `agent ${i}`,
          hurt: (fault: "kill" | "stop", outageMs: number) => {
            this.#hit(i);
            return this.#hurtService(agent, fault, outageMs);
          },
        },
        {
          name: `executor ${i}`,
          hurt: (fault: "kill" | "stop", outageMs: number) =>
            this.#hurtExecutor(i, fault, outageMs),
        },
      ]),
    ];
  }

  #hit(index: number): void {
    this.#hits[index] = (this.#hits[index] as number) + 1;
  }

  #schedule(): Running {
    return this.#site.schedule(OPTIONS);
  }

  async #hurtScheduler(fault: "kill" | "stop", outageMs: number): Promise<boolean> {
    this.#scheduler.kill(fault === "kill" ? "SIGKILL" : "SIGSTOP");
    if (fault === "kill") await this.#scheduler.ended;
    await pause(outageMs);
    if (fault === "kill") this.#scheduler = this.#schedule();
    else this.#scheduler.kill("SIGCONT");
    return true;
  }

  async #hurtService(
    service: Service,
    fault: "kill" | "stop",
    outageMs: number,
  ): Promise<boolean> {
    if (fault === "kill") await service.kill();
    else service.pause();
    await pause(outageMs);
    if (fault === "kill") service.start();
    else service.resume();
    return true;
  }

  async #hurtExecutor(index: number, fault: "kill" | "stop", outageMs: number): Promise<boolean> {
    const pids = this.#site.mesos.executors(index);
    if (pids.length === 0) return false;
    this.#hit(index);
    for (const pid of pids) sendSignal(pid, fault === "kill" ? "SIGKILL" : "SIGSTOP");
    if (fault === "kill") return true;
    await pause(outageMs);
    for (const pid of pids) sendSignal(pid, "SIGCONT");
    return true;
  }
}

function jobsOf(site: Site, { jobs, seed }: ChaosOptions): LedgerJob[] {
  const chance = new Chance(seed);
  return Array.from({ length: jobs }, (_, i) => ({
    name: `job-${i}`,
    work: i === jobs - 1 ? site.gate(LAST) : `sleep ${chance.between(0, 0.8).toFixed(3)}`,
    exitStatus: chance.happens(0.1) ? chance.whole(1, 100) : 0,
  }));
}

/**
 * Makes a run.
 *
 * @throws {AssertionError} when anything is lost, doubled, invented or left behind.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedMs = performance.now();
  const agents = Array.from({ length: AGENTS }, () => ({
    resources: `cpus:${CPUS};mem:4096;disk:10000`,
  }));
  let lost = 0;
  let faults = {};
  await withSite({ agents }, async (site) => {
    const jobs = jobsOf(site, options);
    await site.writeJobs(jobs);
    const run = new Chaos(site, options);
    const { code, stderr } = await run.run(jobs.length - CALM_JOBS);
    assert(code <= 1, stderr);
    const results = site.readResults();
    assertAccounted(jobs, site.ledger, results);
    lost = run.assertLostForAReason(results);
    faults = run.faults;
    await site.assertNothingLeft();
    // Once more, there is nothing to do.
    assertEquals((await site.schedule().ended).code, code);
    assertEquals(site.readResults(), results);
  });
  return { faults, lost, seconds: Math.round((performance.now() - startedMs) / 1000) };
}

if (import.meta.main) {
  const { jobs, seed } = parseArgs(Deno.args, {
    string: ["jobs", "seed"],
    boolean: [],
    collect: [],
    alias: {},
    unknown: (arg) => {
      throw new RangeError(`Unknown argument ${arg}: expected --jobs N, --seed S`);
    },
  });
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const options = { jobs: Number(jobs ?? 1_000), seed: Number(seed ?? Date.now()), log: print };
  print(`${options.jobs} jobs, seed ${options.seed}`);
  print(JSON.stringify(await chaos(options)));
}
