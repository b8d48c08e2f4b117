/**
 * The soft limit of open files that this process was started with. Deno raises its limit to the
 * hard limit at start, which breaks or slows down programs that use select(2) or close all possible
 * descriptors.
 *
 * @module
 */

/** The variable with the limit, if the command that started this process set it. */
export const OPEN_FILES_VARIABLE = "TOIL_MESOS_OPEN_FILES";

/** Parses the soft limit in the text of /proc/PID/limits. */
export function parseOpenFileLimit(limits: string): string | undefined {
  return /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
}

let limit: { readonly soft: string | undefined } | undefined;

/** A number, or `unlimited`; undefined if unknown. */
export function inheritedOpenFileLimit(): string | undefined {
  limit ??= { soft: findLimit() };
  return limit.soft;
}

function findLimit(): string | undefined {
  const told = Deno.env.get(OPEN_FILES_VARIABLE);
  if (told !== undefined && /^(\d+|unlimited)$/.test(told)) return told;
  try {
    // The parent process most likely passed on its own limit.
    return parseOpenFileLimit(Deno.readTextFileSync(`/proc/${Deno.ppid}/limits`));
  } catch {
    return undefined;
  }
}
