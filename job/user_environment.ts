/**
 * The variables that identify the user to programs.
 *
 * @module
 */

import { homedir, userInfo } from "node:os";

/** `HOME`, `USER` and `LOGNAME` from the password database; fewer for an unknown user. */
export function userEnvironment(): Record<string, string> {
  const home = tryTo(homedir);
  const name = tryTo(() => userInfo().username);
  return { ...(home ? { HOME: home } : {}), ...(name ? { USER: name, LOGNAME: name } : {}) };
}

/** Ignores errors: in a container, the user often has only a number. */
function tryTo(find: () => string | null): string | undefined {
  try {
    return find() ?? undefined;
  } catch {
    return undefined;
  }
}
