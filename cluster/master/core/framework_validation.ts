/**
 * Validation of FrameworkInfo, with the error texts of Mesos. Pure.
 *
 * @see validation::framework in src/master/validation.cpp in Mesos
 * @module
 */

import type { FrameworkInfo } from "../../../mesos/wire/messages.ts";
import { idError } from "../../protocol/field_validation.ts";
import { frameworkRoles, roleError } from "../../resources/roles.ts";
import { hasCapability } from "./master_records.ts";

/** The longest duration that Mesos can express in nanoseconds. */
const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;

function rolesError(info: FrameworkInfo): string | undefined {
  const { role, roles = [] } = info;
  if (!hasCapability(info, "MULTI_ROLE")) {
    if (roles.length > 0) {
      return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable";
    }
    const error = roleError(role ?? "*");
    return error && `'FrameworkInfo.role' is not a valid role: ${error}`;
  }
  if (role !== undefined) {
    return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable";
  }
  const duplicates = new Set(roles.filter((each, index) => roles.indexOf(each) < index));
  if (duplicates.size > 0) {
    return `'FrameworkInfo.roles' contains duplicate items: { ${[...duplicates].join(", ")} }`;
  }
  const error = roles.map(roleError).find((each) => each !== undefined);
  return error && `'FrameworkInfo.roles' contains invalid role: ${error}`;
}

/** The error in the info of a framework that subscribes, if any. */
export function frameworkError(info: FrameworkInfo): string | undefined {
  const error = rolesError(info) ?? (info.id?.value ? idError(info.id.value) : undefined);
  if (error) return error;
  const timeout = info.failover_timeout ?? 0;
  // Written so that NaN is an error too.
  if (Math.abs(timeout) < MAX_DURATION_SECONDS) return undefined;
  return `The framework failover_timeout (${timeout}) is invalid`;
}

/** The error in a change of a framework's info, if any. */
export function frameworkUpdateError(
  before: FrameworkInfo,
  after: FrameworkInfo,
): string | undefined {
  if (before.principal !== after.principal) {
    return "Changing framework's principal is not allowed.";
  }
  if (before.user !== after.user) {
    return "Updating 'FrameworkInfo.user' is unsupported" +
      `; attempted to update from '${before.user}' to '${after.user}'`;
  }
  const [from, to] = [before.checkpoint ?? false, after.checkpoint ?? false];
  if (from !== to) {
    return "Updating 'FrameworkInfo.checkpoint' is unsupported" +
      `; attempted to update from '${from}' to '${to}'`;
  }
  return undefined;
}

/** The error in the suppressed roles of a framework, if any. */
export function suppressedRolesError(
  info: FrameworkInfo,
  suppressedRoles: readonly string[],
): string | undefined {
  const roles = frameworkRoles(info);
  const strangers = [...new Set(suppressedRoles)].filter((role) => !roles.has(role)).sort();
  if (strangers.length === 0) return undefined;
  return `Suppressed roles { ${strangers.join(", ")} } are not contained in the set of roles`;
}
