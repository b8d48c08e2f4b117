/**
 * What Toil does on a node after the last job of a workflow: its directories go.
 *
 * Deferred functions that a killed worker left behind are not run, as they are Python's; the
 * plug-in for Toil has its workers clean up themselves.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchSystemSupport.workerCleanup
 * @module
 */

import type { WorkerCleanupInfo } from "../job/task_data.ts";
import type { ReadText } from "../support/cpu_count.ts";
import { getLogger } from "../support/log.ts";
import {
  readNodeId,
  type WorkflowDirectories,
  workflowDirectories,
  workflowDirectoryName,
} from "./workflow_directories.ts";

const log = getLogger("executor");

/** Cleans a node up once, after its last job. */
export class WorkerCleanup {
  readonly #read: ReadText;
  #wanted: { info: WorkerCleanupInfo; environment: Readonly<Record<string, string>> } | undefined;

  /**
   * Has nothing to clean yet.
   *
   * @param read How files are read.
   */
  constructor(read: ReadText) {
    this.#read = read;
  }

  /**
   * Takes the wish of a job. All jobs of a workflow have the same; the first one counts.
   *
   * @param info What to clean up.
   * @param environment That of the job: it says where the job's files are.
   */
  note(info: WorkerCleanupInfo, environment: Readonly<Record<string, string>>): void {
    this.#wanted ??= { info, environment };
    if (JSON.stringify(this.#wanted.info) !== JSON.stringify(info)) {
      log.warn("Jobs disagree on the cleaning up of the node; the first job's word counts");
    }
  }

  /** Removes the directories. Never rejects: what can't be removed is logged. */
  async run(): Promise<void> {
    if (!this.#wanted || this.#wanted.info.cleanWorkDir === "never") return;
    const { info, environment } = this.#wanted;
    try {
      const name = workflowDirectoryName(readNodeId(this.#read) ?? "", info.workflowID);
      await removeDirectories(info, workflowDirectories(info, environment, name));
    } catch (error) {
      log.warn("Cannot clean the node up: {error}", { error });
    }
  }
}

async function removeDirectories(
  info: WorkerCleanupInfo,
  { workDirectory, coordinationDirectories }: WorkflowDirectories,
): Promise<void> {
  if (await mayRemove(info, workDirectory)) await remove(workDirectory);
  for (const directory of coordinationDirectories) {
    if (directory !== workDirectory && await isDirectory(directory)) await remove(directory);
  }
}

/** What a job was told to keep, or what its failure shall keep, stays. */
async function mayRemove(info: WorkerCleanupInfo, directory: string): Promise<boolean> {
  if (!await isDirectory(directory)) return false;
  // Each job removes its own directory; what is there when all have ended is of jobs we killed.
  if (info.cleanWorkDir === "always") return true;
  const names = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  return names.every((name) => name === `cache-${info.workflowID}`);
}

/** Whether there is a directory, and not a link to one that is elsewhere. */
async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch {
    return false;
  }
}

async function remove(directory: string): Promise<void> {
  try {
    await Deno.remove(directory, { recursive: true });
    log.info("Removed {directory}", { directory });
  } catch (error) {
    log.warn("Cannot remove {directory}: {error}", { directory, error });
  }
}
