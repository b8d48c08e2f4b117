/**
 * Marks: unique texts in the environment of processes, by which their descendants are found again
 * even when they left their group, their session and their parents. Marks add up: a process carries
 * those of all its owners, so that the outermost owner finds everything.
 *
 * @module
 */

/** The environment variable that holds the marks. */
export const MARKS_VARIABLE = "TOIL_MESOS_MARKS";

const SEPARATOR = ":";

/** The same environment with more marks in it. */
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

/** The marks in the text of /proc/PID/environ. */
export function parseMarks(environ: string): string[] {
  const prefix = `${MARKS_VARIABLE}=`;
  const variable = environ.split("\0").find((entry) => entry.startsWith(prefix));
  return variable?.slice(prefix.length).split(SEPARATOR) ?? [];
}
