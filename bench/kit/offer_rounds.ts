/**
 * Rounds of offers on a scheduler with many waiting jobs: logic alone, without bytes or store.
 *
 * @module
 */

import { LogicHarness, MIB, offer, shape, spec } from "../../scheduler/testing.ts";
import { MemoryStore } from "../../scheduler/store/memory_store.ts";
import { manyJobs } from "./many_jobs.ts";

const BATCH = 1_000;
const CPUS = 4;
const MEBIBYTES = 16_384;

/** Keeps nothing: what a commit costs is that of the store in use. */
class ForgetfulStore extends MemoryStore {
  override commit(): void {}
}

/** A scheduler with a number of waiting jobs. */
export class OfferRounds {
  readonly #logic = new LogicHarness({}, new ForgetfulStore());
  #round = 0;

  /** Issues the jobs. */
  constructor({ jobs, shapes }: { jobs: number; shapes: number }) {
    this.#logic.subscribe();
    for (let first = 0; first < jobs; first += BATCH) {
      const count = Math.min(BATCH, jobs - first);
      this.#logic.issue(
        ...manyJobs({ first, count, shapes }).map(({ command, requirements }) =>
          spec({
            command,
            name: requirements?.jobName ?? "",
            shape: shape({
              cpusMilli: (requirements?.cores ?? 1) * 1000,
              memoryBytes: Number(requirements?.memory),
              diskBytes: 100 * MIB,
            }),
          })
        ),
      );
    }
  }

  /** Rounds with a number of idle agents, in milliseconds; each agent is used in full. */
  measure({ agents, rounds }: { agents: number; rounds: number }): number[] {
    return Array.from({ length: rounds }, () => this.#measure(agents));
  }

  #measure(agents: number): number {
    this.#round++;
    const offers = Array.from({ length: agents }, (_, index) =>
      offer({
        id: `offer-${this.#round}-${index}`,
        agentId: `agent-${this.#round}-${index}`,
        cpus: CPUS,
        mem: MEBIBYTES,
      }));
    const start = performance.now();
    const tasks = this.#logic.offer(...offers);
    const ms = performance.now() - start;
    if (tasks.length === 0) throw new Error("Cannot measure: nothing was launched");
    return ms;
  }
}
