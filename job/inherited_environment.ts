/**
 * What jobs inherit of the environment of the process that starts them. Pure.
 *
 * @module
 */

/** A secret between an agent and its executor. */
const SECRET = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN";

/** Set by the self-extracting program for itself: its own path. */
const PROGRAM = "TOIL_MESOS_PROGRAM";

/** What it sets along with that; it would lead a job's own Deno astray. */
const SET_WITH_PROGRAM = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"];

/** The environment without what is not for jobs. */
export function inheritedEnvironment(
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const hidden = [SECRET, PROGRAM, ...(PROGRAM in own ? SET_WITH_PROGRAM : [])];
  return Object.fromEntries(Object.entries(own).filter(([name]) => !hidden.includes(name)));
}
