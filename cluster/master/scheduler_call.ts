/**
 * Validation of scheduler calls, with the error texts of Mesos. Pure.
 *
 * @see validation::scheduler::call in src/master/validation.cpp in Mesos
 * @module
 */

import type { SchedulerCall, SchedulerCallType } from "../../mesos/wire/messages.ts";
import { uuidError } from "../protocol/field_validation.ts";

const REQUIRED_FIELD: Readonly<Partial<Record<SchedulerCallType, keyof SchedulerCall>>> = {
  SUBSCRIBE: "subscribe",
  ACCEPT: "accept",
  DECLINE: "decline",
  ACCEPT_INVERSE_OFFERS: "accept_inverse_offers",
  DECLINE_INVERSE_OFFERS: "decline_inverse_offers",
  KILL: "kill",
  SHUTDOWN: "shutdown",
  ACKNOWLEDGE: "acknowledge",
  RECONCILE: "reconcile",
  MESSAGE: "message",
  UPDATE_FRAMEWORK: "update_framework",
};

export function callError(call: SchedulerCall, principal: string | undefined): string | undefined {
  if (call.type === undefined) return "Expecting 'type' to be present";
  if (call.type !== "SUBSCRIBE" && call.framework_id === undefined) {
    return "Expecting 'framework_id' to be present";
  }
  const required = REQUIRED_FIELD[call.type];
  if (required && call[required] === undefined) return `Expecting '${required}' to be present`;
  if (call.subscribe && call.type === "SUBSCRIBE") return subscribeError(call, principal);
  if (call.acknowledge && call.type === "ACKNOWLEDGE") return uuidError(call.acknowledge.uuid);
  const updatedId = call.update_framework?.framework_info.id?.value;
  if (call.type === "UPDATE_FRAMEWORK" && updatedId !== call.framework_id?.value) {
    return "'framework_id' differs from 'update_framework.framework_info.id'";
  }
  return undefined;
}

function subscribeError(
  { subscribe, framework_id }: SchedulerCall,
  principal: string | undefined,
): string | undefined {
  const info = subscribe?.framework_info;
  if ((info?.id?.value ?? "") !== (framework_id?.value ?? "")) {
    return "'framework_id' differs from 'subscribe.framework_info.id'";
  }
  const claimed = info?.principal;
  return principal === undefined || claimed === undefined
    ? undefined
    : principalError(principal, claimed);
}

/** The error in a framework whose principal differs from that of its credential. */
export function principalError(principal: string, claimed: string): string | undefined {
  if (principal === claimed) return undefined;
  return `Authenticated principal '${principal}' does not match principal '${claimed}'` +
    " set in `FrameworkInfo`";
}
