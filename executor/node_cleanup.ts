/**
 * The clean-up of a node at the end of an executor, as its jobs requested.
 *
 * @module
 */

import type { WorkerCleanupInfo } from "../job/task_data.ts";
import { workerCleanup } from "../job/worker_cleanup.ts";
import { jobsDirectory } from "../job/workflow_directories.ts";
import { getLogger } from "../support/log.ts";
import type { ReadText } from "../support/read_text.ts";

const log = getLogger("executor");

/** Cleans a node up once, after its last job. */
export class WorkerCleanup {
  readonly #read: ReadText;
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
    this.#wanted ??= { info, environment };
    if (JSON.stringify(this.#wanted.info) !== JSON.stringify(info)) {
      log.warn("Conflicting clean-up settings; using the first job's");
    }
  }

  /** Removes the directories. Never rejects. */
  async run(): Promise<void> {
    if (!this.#wanted) return;
    const { info, environment } = this.#wanted;
    await workerCleanup(info, { environment, read: this.#read });
    const directory = jobsDirectory(info);
    // The last executor of the node removes it, unless something in it is to be kept.
    if (directory !== undefined) await Deno.remove(directory).catch(() => {});
  }
}
