/**
 * `/state` of the agent. Pure.
 *
 * @see src/slave/http.cpp in Mesos
 * @module
 */

import type { AgentAddress } from "../../protocol/agent_protocol.ts";
import { MESOS_VERSION } from "../../http/http_responses.ts";
import {
  agentModel,
  frameworkModel,
  type JsonObject,
  taskModel,
} from "../../protocol/state_models.ts";
import type { Executor } from "./agent_records.ts";
import type { AgentState } from "./agent_state.ts";

/** The whole state; `sandboxOf` finds the sandbox of an executor. */
export function agentStateModel(
  state: AgentState,
  { address, sandboxOf }: { address: AgentAddress; sandboxOf: (executor: Executor) => string },
): JsonObject {
  const executorModel = (executor: Executor) => ({
    id: executor.run.executorId,
    container: executor.run.containerId,
    directory: sandboxOf(executor),
    tasks: [...executor.tasks.values()].map(taskModel),
  });
  return {
    version: MESOS_VERSION,
    ...agentModel(state.info, address),
    frameworks: [...state.frameworks.values()].map(({ info, executors }) => ({
      ...frameworkModel(info),
      executors: [...executors.values()].map(executorModel),
    })),
  };
}
