/**
 * Removes the directories of a workflow on a node after its last job, as Toil does.
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
 * Removes the directories of a workflow from this node. Never rejects: failures are
 * logged.
 *
 * @param info The settings.
 * @param options.environment The environment of the jobs, which determines the paths of their
 * files.
 * @param options.read Reads files.
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
    const name = await workflowDirectoryName(readNodeId(read) ?? "", info.workflowID);
    await removeDirectories(info, workflowDirectories(info, environment, name));
  } catch (error) {
    log.warn("Cannot clean up the node: {error}", { error });
  }
}

async function removeDirectories(
  info: WorkerCleanupInfo,
  { workDirectory, coordinationDirectories }: WorkflowDirectories,
): Promise<void> {
  for (const directory of coordinationDirectories) {
    if (!await isInUse(membersOf(directory))) continue;
    log.info("Leaving {directory} to the workers that use it", { directory });
    return;
  }
  if (await mayRemove(info, workDirectory)) await remove(workDirectory);
  for (const directory of coordinationDirectories) {
    if (directory !== workDirectory && await isDirectory(directory)) await remove(directory);
    if (await isDirectory(membersOf(directory))) await remove(membersOf(directory));
  }
}

/**
 * Where each worker that is alive holds a lock on a file of its own.
 *
 * @see toil.lib.threading.LastProcessStandingArena
 */
function membersOf(coordinationDirectory: string): string {
  return `${coordinationDirectory}-cleanup-arena-members`;
}

/** Whether a worker is alive: another executor may have jobs of the workflow on this node. */
async function isInUse(members: string): Promise<boolean> {
  if (!await isDirectory(members)) return false;
  for await (const { name } of Deno.readDir(members)) {
    if (await isLocked(`${members}/${name}`)) return true;
  }
  return false;
}

async function isLocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    return !await file.tryLock(false);
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Whether the clean-up policy permits the removal of a directory. */
async function mayRemove(info: WorkerCleanupInfo, directory: string): Promise<boolean> {
  if (!await isDirectory(directory)) return false;
  // Each job removes its own directory; those left when all have ended belong to killed jobs.
  if (info.cleanWorkDir === "always") return true;
  const names = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  return names.every((name) => name === `cache-${info.workflowID}`);
}

/** Whether the path is a directory and not a link to one. */
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
