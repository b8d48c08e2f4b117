/**
 * `/state` of the master. Pure.
 *
 * @see src/master/readonly_handler.cpp in Mesos
 * @module
 */

import { MESOS_VERSION } from "../../http/http_responses.ts";
import {
  agentModel,
  frameworkModel,
  type JsonObject,
  taskModel,
} from "../../protocol/state_models.ts";
import type { Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

function masterFrameworkModel({ info, active, connection, tasks }: Framework): JsonObject {
  return {
    ...frameworkModel(info),
    active,
    connected: connection === "CONNECTED",
    tasks: [...tasks.values()].map(taskModel),
  };
}

export function masterStateModel(state: MasterState): JsonObject {
  const { id, pid, hostname } = state.options.info;
  return {
    version: MESOS_VERSION,
    id,
    pid,
    hostname,
    leader: pid,
    activated_slaves:
      [...state.agents.values()].filter(({ linkId }) => linkId !== undefined).length,
    slaves: [...state.agents.values()].map(({ info, address, linkId }) => ({
      ...agentModel(info, address),
      active: linkId !== undefined,
    })),
    frameworks: [...state.frameworks.values()].map(masterFrameworkModel),
    completed_frameworks: [...state.completedFrameworks.values()].map(masterFrameworkModel),
  };
}
