/**
 * The layout of an agent's work directory; that of sandboxes is the one of Mesos. Pure.
 *
 * ```text
 *  WORK/slaves/AGENT/frameworks/FRAMEWORK/executors/EXECUTOR/runs/CONTAINER   sandboxes
 *  WORK/containers/CONTAINER                                                  process ids
 *  WORK/meta/checkpoints
 *  WORK/fetch                                                                 cache of the fetcher
 * ```
 *
 * @see docs/sandbox.md in the Mesos documentation and src/slave/paths.cpp in Mesos
 * @module
 */

import { join } from "node:path";
import type { AgentId } from "../../mesos/ids.ts";
import type { Run } from "./core/agent_effects.ts";

function runsDirectory(workDirectory: string, agentId: AgentId, run: Run): string {
  const { frameworkId, executorId } = run;
  const framework = join(workDirectory, "slaves", agentId, "frameworks", frameworkId);
  return join(framework, "executors", executorId, "runs");
}

export function sandboxOf(workDirectory: string, agentId: AgentId, run: Run): string {
  return join(runsDirectory(workDirectory, agentId, run), run.containerId);
}

export function latestRunLink(workDirectory: string, agentId: AgentId, run: Run): string {
  return join(runsDirectory(workDirectory, agentId, run), "latest");
}

/** The path of the sandbox in `/files`, independent of the work directory and the agent id. */
export function virtualSandbox({ frameworkId, executorId }: Run): string {
  return `/frameworks/${frameworkId}/executors/${executorId}/runs/latest`;
}
