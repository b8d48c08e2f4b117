/**
 * Warns of executors of another version of this program. Jobs run there all the same:
 * what scheduler and executor agree on may have additions, and both ignore those that they do not
 * know.
 *
 * @module
 */

import type { AgentId, ExecutorId } from "../mesos/ids.ts";
import { getLogger } from "../support/log.ts";
import { VERSION } from "../support/version.ts";

/** How many agents are remembered. */
const MAX_TOLD = 10_000;

/** Warns once per agent. */
export class ExecutorVersions {
  readonly #told = new Set<string>();

  /** An executor has named its version; undefined: it is too old to name one. */
  check(
    version: string | undefined,
    about: { node: string; agentId: AgentId; executorId: ExecutorId },
  ): void {
    if (version === VERSION || this.#told.has(about.agentId)) return;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.add(about.agentId);
    getLogger("scheduler").warn(
      "Executor {executorId} on node {node} (agent {agentId}) is toil-mesos {version}, and this " +
        "scheduler is {ownVersion}: install the same version there, or have agents fetch it with " +
        "--executor-uri self",
      { ...about, version: version ?? "of an earlier version", ownVersion: VERSION },
    );
  }
}
