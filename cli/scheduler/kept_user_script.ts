/**
 * The user script that a client has set, kept for the next scheduler with the same state: jobs that
 * wait there need it.
 *
 * @module
 */

import { join } from "node:path";
import type { z } from "zod";
import { userScriptBody } from "../../control/schemas.ts";
import { reasonOf } from "../../support/reason.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";

/** The file in the directory of the state. */
const FILE_NAME = "user-script.json";

/** Keeps it, whole or not at all. */
export function keepUserScript(state: string, script: z.output<typeof userScriptBody>): void {
  const path = join(state, FILE_NAME);
  Deno.writeTextFileSync(`${path}.new`, JSON.stringify(script), { mode: 0o600 });
  Deno.renameSync(`${path}.new`, path);
}

/**
 * Options with the user script that was kept, unless they name one.
 *
 * @throws {UsageError} when it can't be read.
 */
export function withKeptUserScript(options: SchedulerOptions): SchedulerOptions {
  const { state, userScript, toilResource } = options;
  if (state === undefined || userScript !== undefined || toilResource !== undefined) return options;
  const path = join(state, FILE_NAME);
  try {
    const script = userScriptBody.parse(JSON.parse(Deno.readTextFileSync(path)));
    return "path" in script
      ? { ...options, userScript: script.path }
      : { ...options, toilResource: script.resource };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return options;
    throw new UsageError(`Cannot read ${path}: ${reasonOf(error)}; remove it`, { cause: error });
  }
}
