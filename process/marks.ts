/**
 * Marks: unique texts in the environment of processes, which identify their descendants
 * even if these left their group, their session and their parents. Marks accumulate: a process
 * carries those of all its owners, so that the outermost owner finds every descendant.
 *
 * @module
 */

/** The environment variable that holds the marks. */
export const MARKS_VARIABLE = "TOIL_MESOS_MARKS";

const SEPARATOR = ":";

/** Adds marks to an environment. */
export function addMarks(
  environment: Readonly<Record<string, string>>,
  marks: readonly string[],
): Record<string, string> {
  const present = environment[MARKS_VARIABLE];
  return {
    ...environment,
    [MARKS_VARIABLE]: [...(present ? [present] : []), ...marks].join(SEPARATOR),
  };
}

/** Parses the marks in the text of /proc/PID/environ. */
export function parseMarks(environ: string): string[] {
  const prefix = `${MARKS_VARIABLE}=`;
  const variable = environ.split("\0").find((entry) => entry.startsWith(prefix));
  return variable?.slice(prefix.length).split(SEPARATOR) ?? [];
}
