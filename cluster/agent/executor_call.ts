/**
 * Validation of executor calls, with the error texts of Mesos. Pure.
 *
 * @see validateExecutorCall in src/common/validation.cpp in Mesos
 * @module
 */

import type { ExecutorCall, TaskStatus } from "../../mesos/wire/messages.ts";
import { uuidError } from "../protocol/field_validation.ts";

/** Whether all states that Mesos requires are present; our messages leave them optional. */
export function hasStates({ subscribe, update }: ExecutorCall): boolean {
  const updates = [...subscribe?.unacknowledged_updates ?? [], ...update ? [update] : []];
  return updates.every(({ status }) => status.state !== undefined);
}

export function executorCallError(call: ExecutorCall): string | undefined {
  switch (call.type) {
    case undefined:
      return "Expecting 'type' to be present";
    case "SUBSCRIBE":
      return call.subscribe ? undefined : "Expecting 'subscribe' to be present";
    case "UPDATE":
      return call.update
        ? updateError(call, call.update.status)
        : "Expecting 'update' to be present";
    case "MESSAGE":
      return call.message ? undefined : "Expecting 'message' to be present";
    default:
      return undefined;
  }
}

function updateError(
  { executor_id, framework_id }: ExecutorCall,
  status: TaskStatus,
): string | undefined {
  if (!status.uuid) return "Expecting 'uuid' to be present";
  const error = uuidError(status.uuid);
  if (error) return error;
  if (status.executor_id && status.executor_id.value !== executor_id.value) {
    return `ExecutorID in Call: ${executor_id.value}` +
      ` does not match ExecutorID in TaskStatus: ${status.executor_id.value}`;
  }
  const caller = `executor ${executor_id.value} of framework ${framework_id.value}`;
  if (status.source !== "SOURCE_EXECUTOR") {
    return `Received Call from ${caller} with invalid source, expecting 'SOURCE_EXECUTOR'`;
  }
  if (status.state !== "TASK_STAGING") return undefined;
  return `Received TASK_STAGING from ${caller} which is not allowed`;
}
