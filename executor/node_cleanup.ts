/**
 * The clean-up of a node at the end of an executor, as its jobs requested.
 *
 * @module
 */

import { jobsDirectory } from "../job/clean_policy.ts";
import type { WorkerCleanupInfo } from "../job/task_data.ts";
import { getLogger } from "../support/log.ts";
import type { ReadText } from "../support/read_text.ts";

const log = getLogger("executor");

/** Cleans a node up once, after its last job. */
export class WorkerCleanup {
  readonly #read: ReadText;
  #last: WorkerCleanupInfo | undefined;
  #wanted: { info: WorkerCleanupInfo; environment: Readonly<Record<string, string>> } | undefined;

  /**
   * Creates a clean-up without settings.
   *
   * @param read Reads files.
   */
  constructor(read: ReadText) {
    this.#read = read;
  }

  /**
   * Records the settings of a job. All jobs of a workflow have the same; the first ones apply.
   *
   * @param info The settings.
   * @param environment The environment of the job, which determines the paths of its files.
   */
  note(info: WorkerCleanupInfo, environment: Readonly<Record<string, string>>): void {
    // The jobs of a bundle share it.
    if (info === this.#last) return;
    this.#last = info;
    this.#wanted ??= { info, environment };
    if (JSON.stringify(this.#wanted.info) !== JSON.stringify(info)) {
      log.warn("Conflicting clean-up settings; using the first job's");
    }
  }

  /** Removes the directories. Never rejects. */
  async run(): Promise<void> {
    if (!this.#wanted) return;
    const { info, environment } = this.#wanted;
    try {
      // Needed once, at the end: an executor starts sooner without.
      const { workerCleanup } = await import("../job/worker_cleanup.ts");
      await workerCleanup(info, { environment, read: this.#read });
    } catch (error) {
      log.warn("Cannot clean up the node: {error}", { error });
    }
    const directory = jobsDirectory(info);
    // The last executor of the node removes it, unless something in it is to be kept.
    if (directory !== undefined) await Deno.remove(directory).catch(() => {});
  }
}
