/**
 * As whom executors are to run. Mesos gives each sandbox to the user of its framework, and starts
 * nothing where it can't. Here it is only looked whether it could: everything runs as the agent's
 * own user.
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
  if (!exists(user)) return `No such user '${user}'`;
  return Deno.uid() === 0 ? undefined : "Operation not permitted";
}
