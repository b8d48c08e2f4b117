/**
 * Logs which agents the master has when it offers none of them, or none with GPUs: Mesos
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

/** How many agents are named. */
const MAX_NAMED = 3;

const REGISTER = "No agent has registered with the master {master}: check that agents run, that " +
  "their --master names it, and what their logs say";

const INACTIVE =
  "All {count} agents of the master {master} are inactive: check whether they were " +
  "drained or deactivated, and whether they can be reached";

const HIDDEN = "All {count} active agents of the master {master} have GPUs ({names}): it offers " +
  "them only to frameworks with a job that asks for a GPU; run it with --no-filter_gpu_resources, or add " +
  "agents without GPUs";

const KEPT = "The master {master} has {count} active agents ({names}) and offers none: check " +
  "quotas, roles (--role) and reservations, and whether other frameworks hold all of it";

const NO_GPUS = "None of the {count} active agents of the master {master} has GPUs: run agents " +
  "with --isolation=gpu/nvidia,cgroups/devices and --resources=gpus:N";

const KEPT_GPUS = "Agents with GPUs are registered with the master {master} and not offered " +
  "({names}): check quotas, roles (--role) and reservations, and whether other frameworks use them";

/** The message on the agents of a master that offers nothing, or no GPUs. */
export function explainLack(
  lack: Lack,
  agents: readonly RegisteredAgent[],
): { message: string; count: number; names: string } {
  const active = agents.filter(({ isActive }) => isActive);
  const withGpus = agents.filter(isWithGpus);
  const about = (message: string, meant: readonly RegisteredAgent[]) => ({
    message,
    count: meant.length,
    names: namesOf(meant),
  });
  if (agents.length === 0) return about(REGISTER, agents);
  if (active.length === 0) return about(INACTIVE, agents);
  if (lack === "gpus") {
    return withGpus.length === 0 ? about(NO_GPUS, active) : about(KEPT_GPUS, withGpus);
  }
  return withGpus.length === active.length ? about(HIDDEN, active) : about(KEPT, active);
}

const HIDDEN_BESIDE =
  "Agents with GPUs are hidden ({names}): Mesos offers them only to frameworks " +
  "with a job that asks for a GPU, unless the master runs with --no-filter_gpu_resources";

/** Asks the master for its agents while jobs wait, and says each thing once. */
export class UnofferedAgents {
  readonly #list: AgentLister | undefined;
  readonly #log = getLogger("scheduler");
  readonly #told = new Set<Lack | "hidden">();
  #hidden = "";

  /**
   * Has asked nothing yet.
   *
   * @param list How to ask; without it nothing is logged.
   */
  constructor(list?: AgentLister) {
    this.#list = list;
  }

  /** Which agents Mesos was last seen to hide from a framework without GPU jobs; "": none. */
  get hidden(): string {
    return this.#hidden;
  }

  /**
   * Logs which agents the master has; settles when that is done or has failed.
   *
   * @param lack What no node offers; undefined: jobs wait for something else.
   * @param situation The master, and whether GPUs were asked for.
   */
  async tell(
    lack: Lack | undefined,
    { master, usesGpus }: { master: URL | undefined; usesGpus: boolean },
  ): Promise<void> {
    const isKnown = lack ? this.#told.has(lack) && usesGpus : usesGpus;
    if (!this.#list || !master || isKnown) return;
    try {
      const agents = await this.#list(master);
      this.#hidden = usesGpus ? "" : namesOf(agents.filter(isWithGpus));
      const key = lack ?? "hidden";
      if (this.#told.has(key) || (!lack && this.#hidden === "")) return;
      this.#told.add(key);
      const { message, ...about } = lack
        ? explainLack(lack, agents)
        : { message: HIDDEN_BESIDE, names: this.#hidden };
      this.#log.warn(message, { ...about, master: master.host });
    } catch (error) {
      this.#log.debug("Cannot ask the master for its agents: {error}", { error });
    }
  }
}

/** What to say of hidden agents where jobs wait that need no GPU. */
export function describeHidden(names: string): string {
  return HIDDEN_BESIDE.replace("{names}", names);
}

function isWithGpus({ isActive, gpus }: RegisteredAgent): boolean {
  return isActive && gpus > 0;
}

function namesOf(agents: readonly RegisteredAgent[]): string {
  const named = agents.slice(0, MAX_NAMED).map(({ hostname }) => hostname);
  return [...named, ...(agents.length > MAX_NAMED ? ["…"] : [])].join(", ");
}
