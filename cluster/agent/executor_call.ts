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
  const { type, subscribe, update, message } = call;
  if (type === undefined) return "Expecting 'type' to be present";
  if (type === "SUBSCRIBE" && !subscribe) return "Expecting 'subscribe' to be present";
  if (type === "MESSAGE" && !message) return "Expecting 'message' to be present";
  if (type !== "UPDATE") return undefined;
  return update ? updateError(call, update.status) : "Expecting 'update' to be present";
}

function updateError({ executor_id }: ExecutorCall, status: TaskStatus): string | undefined {
  if (!status.uuid) return "Expecting 'uuid' to be present";
  const error = uuidError(status.uuid);
  if (error) return error;
  if (status.executor_id && status.executor_id.value !== executor_id.value) {
    return "ExecutorID in Call does not match ExecutorID in TaskStatus";
  }
  if (status.source !== "SOURCE_EXECUTOR") return "Invalid source, expecting 'SOURCE_EXECUTOR'";
  return status.state === "TASK_STAGING" ? "TASK_STAGING is not allowed" : undefined;
}
