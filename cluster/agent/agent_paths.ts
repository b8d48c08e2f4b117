/**
 * The layout of an agent's work directory, which is that of Mesos. Pure.
 *
 * ```text
 *  WORK/slaves/AGENT/frameworks/FRAMEWORK/executors/EXECUTOR/runs/CONTAINER   sandboxes
 *  WORK/meta/slaves/AGENT/…/runs/CONTAINER/tasks/TASK                         checkpoints
 *  WORK/containers/CONTAINER                                                  process ids
 * ```
 *
 * @see docs/sandbox.md in the Mesos documentation and src/slave/paths.cpp in Mesos
 * @module
 */

import { join } from "node:path";
import type { Run } from "./core/agent_effects.ts";

export function metaDirectory(workDirectory: string): string {
  return join(workDirectory, "meta");
}

/** The directory of one agent id, below a root. */
export function agentDirectory(root: string, agentId: string): string {
  return join(root, "slaves", agentId);
}

export function frameworksDirectory(root: string, agentId: string): string {
  return join(agentDirectory(root, agentId), "frameworks");
}

export function executorsDirectory(root: string, agentId: string, frameworkId: string): string {
  return join(frameworksDirectory(root, agentId), frameworkId, "executors");
}

export function executorDirectory(
  root: string,
  agentId: string,
  { frameworkId, executorId }: Pick<Run, "frameworkId" | "executorId">,
): string {
  return join(executorsDirectory(root, agentId, frameworkId), executorId);
}

/** One run of an executor; below the work directory, its sandbox. */
export function runDirectory(root: string, agentId: string, run: Run): string {
  return join(executorDirectory(root, agentId, run), "runs", run.containerId);
}

export function latestRunLink(root: string, agentId: string, run: Run): string {
  return join(executorDirectory(root, agentId, run), "runs", "latest");
}

/** The path of the sandbox in `/files`, independent of the work directory and the agent id. */
export function virtualSandbox({ frameworkId, executorId }: Run): string {
  return `/frameworks/${frameworkId}/executors/${executorId}/runs/latest`;
}

export function taskDirectory(
  root: string,
  agentId: string,
  key: Run & { taskId: string },
): string {
  return join(runDirectory(root, agentId, key), "tasks", key.taskId);
}

export function containersDirectory(workDirectory: string): string {
  return join(workDirectory, "containers");
}
