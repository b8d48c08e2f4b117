/**
 * `/state` of the agent. Pure.
 *
 * @see src/slave/http.cpp in Mesos
 * @module
 */

import type { AgentAddress } from "../../protocol/agent_protocol.ts";
import {
  agentModel,
  frameworkInfoModel,
  type JsonObject,
  taskModel,
  VERSION_MODEL,
} from "../../protocol/state_models.ts";
import { newTask } from "../../protocol/task_status.ts";
import type { Executor } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

function executorModel(executor: Executor, directory: string): JsonObject {
  const { run, queuedTasks, launchedTasks, terminatedTasks, completedTasks } = executor;
  return {
    id: run.executorId,
    container: run.containerId,
    directory,
    tasks: [...launchedTasks.values()].map(taskModel),
    queued_tasks: [...queuedTasks.values()].map((task) =>
      taskModel(newTask(task, run.frameworkId))
    ),
    completed_tasks: [...completedTasks.values(), ...terminatedTasks.values()].map(taskModel),
  };
}

/** The whole state; `sandboxOf` finds the sandbox of an executor. */
export function agentStateModel(
  state: AgentState,
  { address, sandboxOf }: { address: AgentAddress; sandboxOf: (executor: Executor) => string },
): JsonObject {
  return {
    ...VERSION_MODEL,
    ...agentModel(state.info, address),
    frameworks: [...state.frameworks.values()].map(({ info, executors }) => ({
      ...frameworkInfoModel(info),
      executors: [...executors.values()].map((each) => executorModel(each, sandboxOf(each))),
    })),
  };
}
