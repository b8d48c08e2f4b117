/**
 * As whom executors run: always as the agent's own user. Executors for another user are refused,
 * as by a Mesos that is not root.
 *
 * @see createSandboxDirectory in src/slave/paths.cpp in Mesos
 * @module
 */

import { userInfo } from "node:os";

/** Whether it is the user that we run as; in a container that often is a number alone. */
function isOurselves(user: string): boolean {
  if (user === String(Deno.uid())) return true;
  try {
    return user === userInfo().username;
  } catch {
    return false;
  }
}

function exists(user: string): boolean {
  // What could be a number is taken for one, which is no name.
  if (user === "" || /^[-+\d]/.test(user)) return false;
  return new Deno.Command("id", { args: ["-u", user], stdout: "null", stderr: "null" })
    .outputSync().success;
}

/** Why no sandbox can be given to a user, in Mesos' words; undefined where one can. */
export function userError(user: string): string | undefined {
  if (isOurselves(user)) return undefined;
  return exists(user)
    ? "Operation not permitted: an embedded Mesos runs executors as the user who started it"
    : `No such user '${user}'`;
}
