/**
 * Refuses outputs of a run that would replace what it reads, or what it keeps in its state.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { DATABASE_NAME } from "../../scheduler/store/sqlite_store.ts";
import { tokenPath } from "../../setup/control_access.ts";
import { statOf } from "../../support/special_file.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";

/**
 * Checks where an output goes, by whatever name.
 *
 * @param option The option that names it.
 * @param path The file; it need not exist.
 * @throws {UsageError} when it is an input of the run, or a file of its state.
 */
export function refuseOverwriting(option: string, path: string, options: SchedulerOptions): void {
  const { jobs, userScript, secretFile, caFile, executorCaFile, state } = options;
  const inputs: [string, string | undefined][] = [
    ["the file of the jobs", jobs],
    ["the user script", userScript],
    ["the file of the secret", secretFile],
    ["the file of certificates", caFile],
    ["the file of the executors' certificates", executorCaFile],
  ];
  for (const [name, input] of inputs) {
    if (input === undefined || statOf(input)?.isFile !== true || !isSame(input, path)) continue;
    throw new UsageError(`${option}: ${path} is ${name}; give another one`);
  }
  if (state === undefined || !isSame(dirname(path), state)) return;
  const name = basename(path);
  // The database would overwrite it, or clients take it for their token.
  if (!name.startsWith(DATABASE_NAME) && name !== basename(tokenPath(state))) return;
  throw new UsageError(`${option}: ${path} is a file of the state; give another one`);
}

/** Whether both exist and are one, whatever their names. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && a.dev === b?.dev && a.ino === b?.ino;
}
