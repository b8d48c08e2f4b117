/**
 * The user of executors: always the agent's own. Executors for another user are refused,
 * as by a Mesos that is not root.
 *
 * @see createSandboxDirectory in src/slave/paths.cpp in Mesos
 * @module
 */

import { userInfo } from "node:os";

/** Whether it is the user that we run as, which in a container is often only a number. */
function isOurselves(user: string): boolean {
  if (user === String(Deno.uid())) return true;
  try {
    return user === userInfo().username;
  } catch {
    return false;
  }
}

function exists(user: string): boolean {
  // A text that looks like a number is a user id, not a name.
  if (user === "" || /^[-+\d]/.test(user)) return false;
  return new Deno.Command("id", { args: ["-u", user], stdout: "null", stderr: "null" })
    .outputSync().success;
}

/** Why a user can't own a sandbox, as Mesos words it; undefined when it can. */
export function userError(user: string): string | undefined {
  if (isOurselves(user)) return undefined;
  return exists(user)
    ? "Operation not permitted: an embedded Mesos runs executors as the user who started it"
    : `No such user '${user}'`;
}
