/**
 * The variables that jobs inherit from the process that starts them. Pure.
 *
 * @module
 */

/** The variable with the secret of an agent and its executor. */
const SECRET = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN";

/** Set by the command that starts an executor. */
const OPEN_FILES = "TOIL_MESOS_OPEN_FILES";

/** Set by the self-extracting program for itself: its own path. */
const PROGRAM = "TOIL_MESOS_PROGRAM";

/** Set by the command that starts this program from its source. */
export const STARTED_FROM_SOURCE = "TOIL_MESOS_FROM_SOURCE";

/**
 * A heap that stays small: little is allowed to gather before it is collected, and only code that
 * is very hot, as when a large user script is unpacked, is optimized.
 */
export const EXECUTOR_V8_FLAGS = [
  "--max-semi-space-size=1",
  "--heap-growing-percent=10",
  "--optimize-for-size",
  "--max-lazy",
  "--no-opt",
  "--invocation-count-for-maglev=15000",
].join(",");

/** Read by Deno; set by the command that starts an executor. */
const V8_FLAGS = "DENO_V8_FLAGS";

/** Variables that are set along with it and would affect Deno in a job. */
const SET_WITH_PROGRAM = ["DENO_DIR", "DENO_NO_UPDATE_CHECK"];

/** The environment without variables that are not for jobs. */
export function inheritedEnvironment(
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const isMarked = PROGRAM in own || STARTED_FROM_SOURCE in own;
  const hidden = [
    ...[SECRET, OPEN_FILES, PROGRAM, STARTED_FROM_SOURCE],
    ...(isMarked ? SET_WITH_PROGRAM : []),
    // Others are those of the node, for all that runs there.
    ...(own[V8_FLAGS] === EXECUTOR_V8_FLAGS ? [V8_FLAGS] : []),
  ];
  return Object.fromEntries(Object.entries(own).filter(([name]) => !hidden.includes(name)));
}
