/**
 * The soft limit of open files that this process was started with. Deno raises its own to the hard
 * limit at its start, and programs that use select(2), or close all descriptors there could be,
 * do not go well with that.
 *
 * @module
 */

/** Holds the limit where the command that started this process knew it. */
export const OPEN_FILES_VARIABLE = "TOIL_MESOS_OPEN_FILES";

/** The soft limit in the text of /proc/PID/limits. */
export function parseOpenFileLimit(limits: string): string | undefined {
  return /^Max open files +(\d+|unlimited) /m.exec(limits)?.[1];
}

let limit: { readonly soft: string | undefined } | undefined;

/** A number, or `unlimited`; undefined where it can't be known. */
export function inheritedOpenFileLimit(): string | undefined {
  limit ??= { soft: findLimit() };
  return limit.soft;
}

function findLimit(): string | undefined {
  const told = Deno.env.get(OPEN_FILES_VARIABLE);
  if (told !== undefined && /^(\d+|unlimited)$/.test(told)) return told;
  try {
    // Whoever has started us has most likely given us its own.
    return parseOpenFileLimit(Deno.readTextFileSync(`/proc/${Deno.ppid}/limits`));
  } catch {
    return undefined;
  }
}
