/**
 * What Toil does on a node after the last job of a workflow: its directories go.
 *
 * Deferred functions that a killed worker left behind are not run, as they are Python's; the
 * plug-in for Toil has its workers clean up themselves.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchSystemSupport.workerCleanup
 * @module
 */

import { getLogger } from "../support/log.ts";
import type { ReadText } from "../support/read_text.ts";
import type { WorkerCleanupInfo } from "./task_data.ts";
import {
  readNodeId,
  type WorkflowDirectories,
  workflowDirectories,
  workflowDirectoryName,
} from "./workflow_directories.ts";
import { removeTree } from "../support/remove_tree.ts";

const log = getLogger("job");

/**
 * Removes the directories of a workflow from this node. Never rejects: what can't be removed is
 * logged.
 *
 * @param info What to remove, and when.
 * @param options.environment That of the jobs: it says where their files are.
 * @param options.read How files are read.
 */
export async function workerCleanup(
  info: WorkerCleanupInfo,
  { environment, read }: {
    environment: Readonly<Record<string, string>>;
    read: ReadText;
  },
): Promise<void> {
  if (info.cleanWorkDir === "never") return;
  try {
    const name = workflowDirectoryName(readNodeId(read) ?? "", info.workflowID);
    await removeDirectories(info, workflowDirectories(info, environment, name));
  } catch (error) {
    log.warn("Cannot clean the node up: {error}", { error });
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
    await removeTree(directory);
    log.info("Removed {directory}", { directory });
  } catch (error) {
    log.warn("Cannot remove {directory}: {error}", { directory, error });
  }
}
