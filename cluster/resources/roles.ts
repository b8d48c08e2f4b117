/**
 * Names of roles. Pure.
 *
 * @see src/common/roles.cpp in Mesos
 * @module
 */

import type { FrameworkInfo } from "../../mesos/wire/messages.ts";

/** Whether the role is below the other one in the tree of roles: `a/b` is below `a`. */
export function isSubroleOf(role: string, ancestor: string): boolean {
  return role.startsWith(`${ancestor}/`);
}

function componentError(role: string, component: string): string | undefined {
  for (const word of [".", "..", "*"]) {
    if (component === word) return `Role '${role}' cannot include '${word}' as a component`;
  }
  const invalid = `Role component '${component}' is invalid because it`;
  if (component.startsWith("-")) return `${invalid} starts with a dash`;
  // deno-lint-ignore no-control-regex
  if (/[\x08\x09-\x0d ]/.test(component)) return `${invalid} contains backspace or whitespace`;
  return undefined;
}

/** The error in the name of a role, as Mesos words it; undefined if valid. */
export function roleError(role: string): string | undefined {
  if (role === "*") return undefined;
  if (role.startsWith("/")) return `Role '${role}' cannot start with a slash`;
  if (role.endsWith("/")) return `Role '${role}' cannot end with a slash`;
  if (role.includes("//")) return `Role '${role}' cannot contain two adjacent slashes`;
  if (role === "") return "Role names cannot be the empty string";
  for (const component of role.split("/")) {
    const error = componentError(role, component);
    if (error) return error;
  }
  return undefined;
}

/** The roles of a framework. */
export function frameworkRoles(info: FrameworkInfo): Set<string> {
  const multiRole = info.capabilities?.some(({ type }) => type === "MULTI_ROLE");
  return new Set(multiRole ? info.roles : [info.role ?? "*"]);
}
