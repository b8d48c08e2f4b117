/**
 * The program: which subcommand is meant, and what becomes of its errors.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { MesosUnavailableError } from "../scheduler/errors.ts";
import { StoreError } from "../scheduler/store.ts";
import { NotUnderMesosError } from "../mesos/executor_environment.ts";
import { UserScriptError } from "../resource/errors.ts";
import { clusterCommand } from "./cluster.ts";
import { type Command, describeCommand } from "./command.ts";
import { executorCommand } from "./executor.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { schedulerCommand } from "./scheduler.ts";
import type { System } from "./system.ts";
import { UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly Command[] = [schedulerCommand, executorCommand, clusterCommand];

const HELP = `toil-mesos runs batch jobs on Apache Mesos.

Usage: toil-mesos COMMAND [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`).join("\n")}

  toil-mesos COMMAND --help   explains a command and its options
  toil-mesos --version        tells the version

Every option can also be given as an environment variable: --kill-grace 5s is
TOIL_MESOS_KILL_GRACE=5s.

Exit codes: 0 every job finished with 0, 1 some job did not, 2 wrong usage or
input (nothing was run), 3 Mesos can't be reached or refuses us, 130 interrupted.`;

/** Runs the program; resolves to its exit code. What went wrong has been said. */
export async function runProgram(args: readonly string[], system: System): Promise<number> {
  try {
    return await dispatch(args, system);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined) throw error;
    system.terminal.error(`toil-mesos: ${(error as Error).message}`);
    return exitCode;
  }
}

function dispatch(args: readonly string[], system: System): Promise<number> {
  const [name, ...rest] = args;
  const { terminal } = system;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const topic = COMMANDS.find((command) => command.name === rest[0]);
    terminal.output(topic ? describeCommand(topic) : HELP);
    return Promise.resolve(name === undefined ? EXIT_CODE.USAGE : EXIT_CODE.OK);
  }
  if (name === "--version" || name === "-V") {
    terminal.output(`toil-mesos ${VERSION}`);
    return Promise.resolve(EXIT_CODE.OK);
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (!command) {
    const nearest = closestString(name, COMMANDS.map((each) => each.name));
    throw new UsageError(
      `Unknown command "${name}"; did you mean "${nearest}"? See toil-mesos --help`,
    );
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.output(describeCommand(command));
    return Promise.resolve(EXIT_CODE.OK);
  }
  return command.run(rest, system);
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof MesosUnavailableError) return EXIT_CODE.UNAVAILABLE;
  const isUsage = error instanceof UsageError || error instanceof UserScriptError ||
    error instanceof NotUnderMesosError || error instanceof StoreError;
  return isUsage ? EXIT_CODE.USAGE : undefined;
}
