/**
 * The program: which subcommand is meant, and what becomes of its errors.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { MesosHttpError } from "../mesos/mesos_errors.ts";
import { NotUnderMesosError } from "../mesos/executor_environment.ts";
import { UserScriptError } from "../resource/resource_errors.ts";
import { ZombieReaper } from "../process/adopted_children.ts";
import { MesosUnavailableError } from "../scheduler/unavailable_error.ts";
import { StoreError } from "../scheduler/store/store.ts";
import { ControlRequestError } from "../control/client.ts";
import { HttpConnectionError } from "../http/http_client.ts";
import { SchedulerNotFoundError } from "./client/connection.ts";
import { jobsCommand } from "./client/jobs_command.ts";
import { killCommand } from "./client/kill_command.ts";
import { logsCommand } from "./client/logs_command.ts";
import { ignoreCommand, nodesCommand, unignoreCommand } from "./client/node_commands.ts";
import { shutdownCommand, statusCommand } from "./client/scheduler_commands.ts";
import { submitCommand } from "./client/submit_command.ts";
import { waitCommand } from "./client/wait_command.ts";
import { completionCommand } from "./completion_command.ts";
import { openApiCommand } from "./openapi_command.ts";
import { clusterCommand } from "./cluster_subcommand.ts";
import type { Command } from "./command.ts";
import { executorCommand } from "./executor_subcommand.ts";
import { EXIT_CODE, SCHEDULER_EXIT_CODES } from "./exit_code.ts";
import { describeCommand, wrap } from "./options/help_text.ts";
import { ResultWriteError } from "./scheduler/result_write_error.ts";
import { schedulerCommand } from "./scheduler/scheduler_subcommand.ts";
import type { System } from "./system.ts";
import { OutputError } from "./terminal/output_error.ts";
import { UsageError } from "../support/usage_error.ts";
import { VERSION } from "../support/version.ts";
import { asError } from "../support/reason.ts";

/** The subcommands. */
export const COMMANDS: readonly Command[] = [
  schedulerCommand,
  executorCommand,
  clusterCommand,
  submitCommand,
  jobsCommand,
  logsCommand,
  waitCommand,
  killCommand,
  nodesCommand,
  ignoreCommand,
  unignoreCommand,
  statusCommand,
  shutdownCommand,
  completionCommand,
  openApiCommand,
];

const HELP = `toil-mesos runs batch jobs on Apache Mesos.

Usage: toil-mesos COMMAND [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

  toil-mesos COMMAND --help   explains a command and its options
  toil-mesos --version        prints the version

Every option can also be given as an environment variable: --kill-grace 5s is
TOIL_MESOS_KILL_GRACE=5s. Where it may be repeated, the variable is a list with
commas.

${
  wrap(`Exit codes: ${SCHEDULER_EXIT_CODES}. Those of other commands are in their help.`, 80).join(
    "\n",
  )
}`;

/** Runs the program; resolves to its exit code. What went wrong has been said. */
export async function runProgram(args: readonly string[], system: System): Promise<number> {
  using _reaper = reapAsFirstProcess(system);
  try {
    return await dispatch(args, system);
  } catch (error) {
    if (error instanceof OutputError && error.isClosedByReader) return EXIT_CODE.OUTPUT_CLOSED;
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined) throw error;
    system.terminal.error(`toil-mesos: ${asError(error).message}${adviceOn(error)}`);
    return exitCode;
  }
}

/** Process 1 of a container inherits every orphan there. */
function reapAsFirstProcess({ terminal }: System): ZombieReaper | undefined {
  if (Deno.pid !== 1) return undefined;
  const reaper = ZombieReaper.start({ adopt: false });
  if (!reaper) {
    terminal.error(
      "toil-mesos: Cannot reap the orphans of this container: run it below an init, " +
        "as docker run --init does",
    );
  }
  return reaper;
}

async function dispatch(args: readonly string[], system: System): Promise<number> {
  const [name, ...rest] = args;
  const { terminal } = system;
  if (name === undefined) {
    terminal.error(HELP);
    return EXIT_CODE.USAGE;
  }
  if (name === "--version" || name === "-V") {
    terminal.output(`toil-mesos ${VERSION}`);
    return EXIT_CODE.OK;
  }
  if (name === "help" || isHelp(name)) {
    terminal.output(rest[0] === undefined ? HELP : describeCommand(findCommand(rest[0])));
    return EXIT_CODE.OK;
  }
  const command = findCommand(name);
  // After -- there is the command of a job, and its arguments.
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (own.some(isHelp)) {
    terminal.output(describeCommand(command));
    return EXIT_CODE.OK;
  }
  return await command.run(rest, system);
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command) return command;
  if (name.startsWith("-")) {
    throw new UsageError(`Expected a command before ${name}; see toil-mesos --help`);
  }
  const nearest = closestString(name, COMMANDS.map((each) => each.name));
  throw new UsageError(
    `Unknown command "${name}"; did you mean "${nearest}"? See toil-mesos --help`,
  );
}

function adviceOn(error: unknown): string {
  if (error instanceof HttpConnectionError) return "; is the scheduler running?";
  const isStranger = error instanceof MesosUnavailableError &&
    error.cause instanceof MesosHttpError && error.cause.unauthorized;
  return isStranger ? "; authenticate with --principal and --secret-file" : "";
}

/** Undefined for unexpected errors, which are shown with their stack. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof MesosUnavailableError) return EXIT_CODE.UNAVAILABLE;
  if (error instanceof HttpConnectionError) return EXIT_CODE.UNAVAILABLE;
  if (error instanceof SchedulerNotFoundError) return EXIT_CODE.UNAVAILABLE;
  if (error instanceof ControlRequestError) {
    return error.retryable ? EXIT_CODE.UNAVAILABLE : EXIT_CODE.USAGE;
  }
  const isInput = error instanceof UsageError || error instanceof UserScriptError ||
    error instanceof NotUnderMesosError;
  if (isInput) return EXIT_CODE.USAGE;
  const isOutput = error instanceof ResultWriteError || error instanceof StoreError ||
    error instanceof OutputError;
  return isOutput ? EXIT_CODE.FAILED : undefined;
}
