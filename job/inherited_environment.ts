/**
 * What jobs inherit of the environment of the process that starts them. Pure.
 *
 * @module
 */

/** A secret between an agent and its executor. */
const SECRET = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN";

/** Set by the command that starts an executor. */
const OPEN_FILES = "TOIL_MESOS_OPEN_FILES";

/** Set by the self-extracting program for itself: its own path. */
const PROGRAM = "TOIL_MESOS_PROGRAM";

/** Set by the command that starts this program from its source. */
export const STARTED_FROM_SOURCE = "TOIL_MESOS_FROM_SOURCE";

/** What either sets along with that; it would lead a job's own Deno astray. */
const SET_WITH_PROGRAM = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"];

/** The environment without what is not for jobs. */
export function inheritedEnvironment(
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const isMarked = PROGRAM in own || STARTED_FROM_SOURCE in own;
  const hidden = [
    ...[SECRET, OPEN_FILES, PROGRAM, STARTED_FROM_SOURCE],
    ...(isMarked ? SET_WITH_PROGRAM : []),
  ];
  return Object.fromEntries(Object.entries(own).filter(([name]) => !hidden.includes(name)));
}
