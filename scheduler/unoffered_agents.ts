/**
 * Tells people which agents the master has where it offers none of them, or none with GPUs: Mesos
 * gives no reason for what it does not offer. Once for each lack.
 *
 * @module
 */

import type { RegisteredAgent } from "../mesos/master_agents.ts";
import { getLogger } from "../support/log.ts";

/** What no node offers. */
export type Lack = "nodes" | "gpus";

/** Lists the agents of the leading master. */
export type AgentLister = (master: URL) => Promise<RegisteredAgent[]>;

/** So many agents are named. */
const MAX_NAMED = 3;

const REGISTER = "No agent has registered with the master {master}: check that agents run, that " +
  "their --master names it, and what their logs say";

const INACTIVE =
  "All {count} agents of the master {master} are inactive: check whether they were " +
  "drained or deactivated, and whether they can be reached";

const HIDDEN = "All {count} active agents of the master {master} have GPUs: it offers them only " +
  "to frameworks with a job that asks for a GPU; run it with --no-filter_gpu_resources, or add " +
  "agents without GPUs";

const KEPT = "The master {master} has {count} active agents ({names}) and offers none: check " +
  "quotas, roles (--role) and reservations, and whether other frameworks hold all of it";

const NO_GPUS = "None of the {count} active agents of the master {master} has GPUs: run agents " +
  "with --isolation=gpu/nvidia,cgroups/devices and --resources=gpus:N";

const KEPT_GPUS = "Agents with GPUs are registered with the master {master} and not offered " +
  "({names}): check quotas, roles (--role) and reservations, and whether other frameworks use them";

/** What to tell of the agents of a master that offers nothing, or no GPUs. */
export function explainLack(
  lack: Lack,
  agents: readonly RegisteredAgent[],
): { message: string; count: number; names: string } {
  const active = agents.filter(({ isActive }) => isActive);
  const withGpus = active.filter(({ gpus }) => gpus > 0);
  const about = (message: string, meant: readonly RegisteredAgent[]) => {
    const named = meant.slice(0, MAX_NAMED).map(({ hostname }) => hostname);
    const names = [...named, ...(meant.length > MAX_NAMED ? ["…"] : [])].join(", ");
    return { message, count: meant.length, names };
  };
  if (agents.length === 0) return about(REGISTER, agents);
  if (active.length === 0) return about(INACTIVE, agents);
  if (lack === "gpus") {
    return withGpus.length === 0 ? about(NO_GPUS, active) : about(KEPT_GPUS, withGpus);
  }
  return withGpus.length === active.length ? about(HIDDEN, active) : about(KEPT, active);
}

/** Asks the master once for each lack. */
export class UnofferedAgents {
  readonly #list: AgentLister | undefined;
  readonly #log = getLogger("scheduler");
  readonly #told = new Set<Lack>();

  /**
   * Has asked nothing yet.
   *
   * @param list How to ask; without it nothing is told.
   */
  constructor(list?: AgentLister) {
    this.#list = list;
  }

  /** Tells what the master has; settles when that is done, or can't be. */
  async tell(lack: Lack, master: URL | undefined): Promise<void> {
    if (!this.#list || !master || this.#told.has(lack)) return;
    this.#told.add(lack);
    try {
      const { message, ...about } = explainLack(lack, await this.#list(master));
      this.#log.warn(message, { ...about, master: master.host });
    } catch (error) {
      this.#log.debug("Cannot ask the master for its agents: {error}", { error });
    }
  }
}
