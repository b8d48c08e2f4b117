/**
 * Logs why executors end: the exit status in words, and the end of their standard error,
 * fetched from the agent. Once for each node and reason, since a broken node ends many.
 *
 * @module
 */

import { type AgentFile, sandboxPath } from "../mesos/agent_files.ts";
import type { FrameworkId } from "../mesos/ids.ts";
import { getLogger } from "../support/log.ts";
import { reasonOf } from "../support/reason.ts";
import type { BatchSystemEvent } from "./core/events.ts";
import { describeWaitStatus } from "./core/task_end.ts";

/** How many nodes and reasons are remembered; after that all are logged again. */
const MAX_TOLD = 1_000;

/** How much of the standard error is fetched. */
const MAX_TAIL_BYTES = 2_048;

/** From how many agents at a time: a cluster that fails as a whole has thousands. */
const MAX_FETCHES = 10;

/** How many of its last lines are shown. */
const MAX_TAIL_LINES = 10;

/** The end of an executor. */
export type ExecutorEnded = BatchSystemEvent & { readonly type: "EXECUTOR_ENDED" };

/** Reads the last bytes of a sandbox file. */
export type TailReader = (file: AgentFile, maxBytes: number) => Promise<string>;

/** Logs the ends of executors. */
export class ExecutorEnds {
  readonly #readTail: TailReader | undefined;
  readonly #log = getLogger("scheduler");
  readonly #told = new Set<string>();
  #fetches = 0;

  /**
   * Creates a log without history.
   *
   * @param readTail How to read from agents; without it only the status is logged.
   */
  constructor(readTail?: TailReader) {
    this.#readTail = readTail;
  }

  /** Logs an end; settles when that is done. */
  async tell(event: ExecutorEnded, frameworkId: FrameworkId | undefined): Promise<void> {
    const { node, agentId, executorId, status } = event;
    const how = describeWaitStatus(status);
    const about = { node, agentId, executorId, how };
    if (status === 0) {
      this.#log.info("Executor {executorId} on node {node} {how}", about);
      return;
    }
    if (!this.#isNews(`${node} ${how}`)) {
      this.#log.info("Executor {executorId} on node {node} {how}, as before", about);
      return;
    }
    const tail = await this.#tail(event, frameworkId);
    this.#log.warn(
      "Executor {executorId} on node {node} {how}; the end of its standard error: {tail}",
      { ...about, tail },
    );
  }

  #isNews(key: string): boolean {
    if (this.#told.has(key)) return false;
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.add(key);
    return true;
  }

  async #tail(
    { agentUrl, executorId }: ExecutorEnded,
    frameworkId: FrameworkId | undefined,
  ): Promise<string> {
    if (!this.#readTail || !agentUrl || !frameworkId) return "(not known)";
    if (this.#fetches >= MAX_FETCHES) return "(not fetched, since many executors end)";
    const path = sandboxPath({ frameworkId, executorId }, "stderr");
    this.#fetches++;
    try {
      const text = await this.#readTail({ agentUrl, path }, MAX_TAIL_BYTES);
      return text.trim().split("\n").slice(-MAX_TAIL_LINES).join("\n") || "(empty)";
    } catch (error) {
      return `(not readable at ${agentUrl}: ${reasonOf(error)})`;
    } finally {
      this.#fetches--;
    }
  }
}
