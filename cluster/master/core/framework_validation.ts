/**
 * Validation of FrameworkInfo, with the error texts of Mesos. Pure.
 *
 * @see validation::framework in src/master/validation.cpp in Mesos
 * @module
 */

import type { FrameworkInfo } from "../../../mesos/wire/messages.ts";
import { idError } from "../../protocol/field_validation.ts";
import { roleError } from "../../resources/roles.ts";

/** The longest duration that Mesos can express in nanoseconds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;

/** Frameworks of today have these; others would need an older form of offers and of states. */
const REQUIRED_CAPABILITIES = ["MULTI_ROLE", "PARTITION_AWARE"] as const;

export function frameworkError(
  info: FrameworkInfo,
  suppressedRoles: readonly string[],
): string | undefined {
  const { id, role, roles = [], capabilities = [], failover_timeout = 0 } = info;
  const missing = REQUIRED_CAPABILITIES.find((each) =>
    !capabilities.some(({ type }) => type === each)
  );
  if (missing) return `This Mesos is for frameworks with the capability ${missing}`;
  if (role !== undefined) {
    return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable";
  }
  const error = roles.map(roleError).find((each) => each !== undefined);
  if (error) return `'FrameworkInfo.roles' contains invalid role: ${error}`;
  const stranger = suppressedRoles.find((each) => !roles.includes(each));
  if (stranger !== undefined) {
    return `Suppressed roles { ${stranger} } are not contained in the set of roles`;
  }
  // Written so that NaN is an error too.
  if (!(Math.abs(failover_timeout) < MAX_DURATION_SECONDS)) {
    return `The framework failover_timeout (${failover_timeout}) is invalid`;
  }
  return id?.value ? idError(id.value) : undefined;
}

export function frameworkUpdateError(
  before: FrameworkInfo,
  after: FrameworkInfo,
): string | undefined {
  if (before.principal !== after.principal) {
    return "Changing framework's principal is not allowed.";
  }
  for (const field of ["user", "checkpoint"] as const) {
    if (before[field] === after[field]) continue;
    return `Updating 'FrameworkInfo.${field}' is unsupported` +
      `; attempted to update from '${before[field]}' to '${after[field]}'`;
  }
  return undefined;
}
