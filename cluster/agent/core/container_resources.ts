/**
 * The resources of a container: those of its executor plus those of its tasks. Pure.
 *
 * Mesos updates a container whenever a task starts or ends. Its cgroups isolator refuses an update
 * to no cpus, and the agent destroys the container then. So does this agent, which isolates
 * nothing: a framework that relies on anything else loses jobs on most clusters.
 *
 * @see MesosContainerizerProcess::update, and its callers in src/slave/slave.cpp, in Mesos
 * @module
 */

import { scalarQuantities, totalOf } from "../../resources/resource_arithmetic.ts";
import { type Executor, liveTasks } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

const NO_CPUS = "Failed to update resources for container: Collect failed: " +
  "Failed to update subsystem 'cpu': No cpus resource given";

/** Updates the container of an executor after a task starts or ends. */
export function updateContainer(state: AgentState, executor: Executor): void {
  if (!state.options.isolateCpus) return;
  const isWanted = executor.state === "REGISTERING" || executor.state === "RUNNING";
  if (!isWanted || executor.pendingTermination || cpus(executor) > 0) return;
  executor.pendingTermination = {
    state: "TASK_GONE",
    reason: "REASON_CONTAINER_UPDATE_FAILED",
    message: NO_CPUS,
  };
  state.want({ type: "DESTROY", run: executor.run });
}

function cpus(executor: Executor): number {
  const users = [executor.info, ...executor.queuedTasks.values(), ...liveTasks(executor)];
  return scalarQuantities(totalOf(users)).get("cpus") ?? 0;
}
