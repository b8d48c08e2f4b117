/**
 * The variables by which programs know their user.
 *
 * @module
 */

import { homedir, userInfo } from "node:os";

/** `HOME`, `USER` and `LOGNAME` as the password database has them; fewer for a user it has not. */
export function userEnvironment(): Record<string, string> {
  const home = tryTo(homedir);
  const name = tryTo(() => userInfo().username);
  return { ...(home ? { HOME: home } : {}), ...(name ? { USER: name, LOGNAME: name } : {}) };
}

/** In a container the user often has a number alone. */
function tryTo(find: () => string | null): string | undefined {
  try {
    return find() ?? undefined;
  } catch {
    return undefined;
  }
}
