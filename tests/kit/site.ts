/**
 * Where a fault test happens: a directory, a Mesos, and schedulers that are started with the same
 * command again and again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Running, Workplace } from "./workplace.ts";
import { waitFor } from "./wait_for.ts";
import { Ledger, type LedgerJob } from "./ledger.ts";
import { type MesosOptions, MesosProcesses } from "./mesos_processes.ts";
import { describeProcess } from "./processes.ts";
import { countLines, readResults, type ResultLine } from "./results.ts";

/** How a site is made. */
export type SiteOptions = Pick<MesosOptions, "master" | "agents">;

/**
 * Makes a site for a test. Afterwards nothing may be left on it but Mesos, which is ended then. Where
 * the test fails everything is ended, and the directory stays for those who want to know why.
 */
export async function withSite(
  options: SiteOptions,
  test: (site: Site) => Promise<void>,
): Promise<void> {
  const place = await Workplace.create();
  let site: Site | undefined;
  try {
    site = await Site.create(place, options);
    await test(site);
    await site.assertNothingLeft();
    await site.mesos[Symbol.asyncDispose]();
    assertEquals(await site.mesos.openPorts(), []);
    await place[Symbol.asyncDispose]();
  } catch (error) {
    await site?.abandon();
    throw new Error(`${(error as Error).message}\nSee ${place.path}`, { cause: error });
  }
}

/** A place for one test. */
export class Site {
  readonly place: Workplace;
  readonly mesos: MesosProcesses;
  readonly ledger: Ledger;
  readonly #schedulers: Running[] = [];

  private constructor(place: Workplace, mesos: MesosProcesses) {
    this.place = place;
    this.mesos = mesos;
    this.ledger = new Ledger(place.at("ledger"));
  }

  /** Starts Mesos in a place. */
  static async create(place: Workplace, options: SiteOptions): Promise<Site> {
    await Deno.mkdir(place.at("mesos"));
    const mesos = await MesosProcesses.start({
      ...options,
      directory: place.at("mesos"),
      env: { TMPDIR: place.at("tmp") },
    });
    return new Site(place, mesos);
  }

  /** The directory of the scheduler's state. */
  get state(): string {
    return this.place.at("state");
  }

  get results(): string {
    return this.place.at("results.jsonl");
  }

  /** Makes the jobs file. */
  async writeJobs(jobs: readonly LedgerJob[]): Promise<void> {
    await this.place.jobs(jobs.map((job) => this.ledger.job(job)));
  }

  /** Starts a scheduler, always the same. */
  schedule(more: readonly string[] = [], endpoint = this.mesos.endpoint): Running {
    const running = this.place.start([
      ...["scheduler", "--endpoint", endpoint],
      ...["--jobs", this.place.at("jobs.jsonl"), "--results", this.results],
      ...["--state", this.state, ...more],
    ]);
    this.#schedulers.push(running);
    return running;
  }

  /** How many lines of results there are; what is being written does not count yet. */
  reported(): number {
    return countLines(this.results);
  }

  readResults(): ResultLine[] {
    return readResults(this.results);
  }

  /** A shell command that waits until `open` is called with the same name. */
  gate(name: string): string {
    return `while [ ! -e ${this.place.at(`gate-${name}`)} ]; do sleep 0.2; done`;
  }

  async open(name: string): Promise<void> {
    await Deno.writeTextFile(this.place.at(`gate-${name}`), "");
  }

  /** Processes of the place that are not of Mesos: schedulers, executors, jobs. */
  ours(): number[] {
    const parts = [this.mesos.master, ...this.mesos.agents].map((part) => part.isUp && part.pid);
    return this.place.processes().filter((pid) => !parts.includes(pid));
  }

  /** Waits until no process is left but Mesos, and nothing in the directory for temporary files. */
  async assertNothingLeft(): Promise<void> {
    await waitFor(
      () => this.ours().length === 0,
      `the processes ${this.ours().map(describeProcess)} to end`,
    );
    assertEquals([...Deno.readDirSync(this.place.at("tmp"))].map(({ name }) => name), []);
  }

  /** Ends everything by force, and keeps what the schedulers have said. */
  async abandon(): Promise<void> {
    await this.mesos[Symbol.asyncDispose]();
    await this.place.end();
    for (const [i, { ended }] of this.#schedulers.entries()) {
      await Deno.writeTextFile(this.place.at(`scheduler-${i}.log`), (await ended).stderr);
    }
  }
}
