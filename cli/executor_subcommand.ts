/**
 * `toil-mesos executor`: what a Mesos agent starts to run jobs.
 *
 * @module
 */

import { Libc } from "../process/libc.ts";
import { runExecutor } from "../executor/run_executor.ts";
import { Deployment } from "../resource/deployment.ts";
import type { Command } from "./command.ts";
import { logOptions } from "./options/log_options.ts";
import { parseOptions } from "./options/parse_options.ts";
import type { System } from "./system.ts";
import { UsageError } from "../support/usage_error.ts";

const EXECUTOR_OPTIONS = { ...logOptions("INFO") };

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
  system.configureLogging(options.logLevel, options.logFormat);
  // The agent's token is in our memory, and jobs may be of the same user.
  using libc = Libc.open();
  libc?.refuseTracing();
  return runExecutor({
    environment: system.environment,
    createDriver: (executor, environment) => system.createExecutorDriver(executor, environment),
    createDeployment: (rootDirectory) => new Deployment(rootDirectory),
  });
}
