/**
 * `toil-mesos executor`: what a Mesos agent starts to run jobs.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { EXECUTOR_LOG_LEVEL, startExecutor } from "./executor_start.ts";
import { logOptions } from "./options/log_options.ts";
import { parseOptions } from "./options/parse_options.ts";
import type { System } from "./system.ts";
import { UsageError } from "../support/usage_error.ts";

const EXECUTOR_OPTIONS = { ...logOptions(EXECUTOR_LOG_LEVEL) };

/** The subcommand. */
export const executorCommand: Command = {
  name: "executor",
  summary: "run jobs on a node; started by a Mesos agent",
  exitCodes: "0 the framework has ended, 2 it was not started by an agent, 1 another failure",
  usage: "",
  details: "It is configured by the environment that the agent sets.",
  options: EXECUTOR_OPTIONS,
  run: start,
};

function start(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseOptions(EXECUTOR_OPTIONS, args, system.environment);
  if (positional.length > 0) throw new UsageError(`Unexpected argument "${positional[0]}"`);
  return startExecutor(options, system);
}
