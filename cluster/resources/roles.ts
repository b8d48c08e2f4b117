/**
 * Names of roles. Pure.
 *
 * @see docs/roles.md in the Mesos documentation
 * @module
 */

/** Whether the role is below the other one in the tree of roles: `a/b` is below `a`. */
export function isSubroleOf(role: string, ancestor: string): boolean {
  return role.startsWith(`${ancestor}/`);
}

/** The error in the name of a role; undefined if valid. */
export function roleError(role: string): string | undefined {
  if (role === "*") return undefined;
  // deno-lint-ignore no-control-regex
  const isValid = role.split("/").every((part) => /^(?!\.\.?$|\*$|-)[^\x08-\x0d ]+$/.test(part));
  return isValid ? undefined : `Role '${role}' is invalid`;
}
