/**
 * toil-mesos: batch jobs on Apache Mesos.
 *
 * The only place that builds the real clock, transports, stores and loggers.
 *
 * @module
 */

import { EXIT_CODE } from "./cli/exit_code.ts";
import { findGarbledArgument } from "./cli/garbled_argument.ts";
import { isHangUpIgnored } from "./cli/terminal/hang_up.ts";
import { INTERRUPTING_SIGNALS, Interruption } from "./cli/terminal/interruption.ts";
import { OutputError } from "./cli/terminal/output_error.ts";
import { OutputStream, writeAllSync } from "./cli/terminal/output_stream.ts";
import type { System } from "./cli/system.ts";
import { Terminal } from "./cli/terminal/terminal.ts";
import { AUTHENTICATION_TOKEN_ENV_NAME } from "./mesos/executor_environment.ts";
import { eraseVariable } from "./support/erase_variable.ts";
import { configureRootLogger } from "./support/log.ts";

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  writeAllSync(stream, new TextEncoder().encode(text));
}

/** Writes what a command prints. */
function writeOutput(bytes: Uint8Array): void {
  try {
    writeAllSync(Deno.stdout, bytes);
  } catch (error) {
    throw new OutputError(error);
  }
}

/** The bound of unread output to standard error. */
const MAX_PENDING_ERROR_BYTES = 2 ** 20;

/** How long the end of the program waits for who reads standard error. */
const LAST_WORDS_MS = 1_000;

const errors = new OutputStream(() => Promise.resolve(Deno.stderr));

/** Files and terminals take what is written; a pipe that is not read would stop everything. */
function errorWriter(): (text: string) => void {
  if (Deno.stderr.isTerminal() || isFile("/dev/stderr")) {
    return (text) => writeAll(Deno.stderr, text);
  }
  return (text) => {
    if (errors.pendingBytes < MAX_PENDING_ERROR_BYTES) errors.write(text).catch(() => {});
  };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The process that this program runs in. */
function realSystem(): System {
  const output = new OutputStream(() => Promise.resolve(Deno.stdout));
  const terminal = new Terminal({
    writeOutput: (text) => writeOutput(new TextEncoder().encode(text)),
    appendOutput: (text) => output.write(text),
    writeError: errorWriter(),
    isTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
    columns: () => Deno.consoleSize().columns,
  });

  return {
    environment: Deno.env.toObject(),
    terminal,
    outputIsTerminal: Deno.stdout.isTerminal(),
    outputBytes: writeOutput,
    outputColumns: () => Deno.consoleSize().columns,
    loadExecutorDriver: async () => {
      const { MesosExecutorDriver } = await import("./mesos/executor_driver.ts");
      return (executor, environment) => new MesosExecutorDriver(executor, environment);
    },
    configureLogging: (level, format) =>
      configureRootLogger({ level, format, write: (line) => terminal.error(line) }),
    onInterrupt: (interrupted) => {
      const interruption = new Interruption({
        ignoresHangUp: isHangUpIgnored(),
        interrupted,
        leaveAtOnce: () => Deno.exit(EXIT_CODE.INTERRUPTED),
        now: () => performance.now(),
      });
      // Who listens to any of them is ended by SIGHUP, under nohup too, unless it listens to that.
      const listeners = INTERRUPTING_SIGNALS.map((signal) => {
        const listener = () => interruption.signal(signal);
        Deno.addSignalListener(signal, listener);
        return () => Deno.removeSignalListener(signal, listener);
      });
      return () => listeners.forEach((remove) => remove());
    },
    standardInput: () => Deno.stdin.readable,
  };
}

/** The whole program takes three times as long to load as an executor. */
async function run(system: System): Promise<number> {
  if (Deno.args[0] === "executor") {
    const { startExecutor, usualOptions } = await import("./cli/executor_start.ts");
    const options = usualOptions(Deno.args, system.environment);
    if (options) return await startExecutor(options, system);
  }
  const garbled = findGarbledArgument(Deno.args, () => Deno.readFileSync("/proc/self/cmdline"));
  if (garbled !== undefined) {
    system.terminal.error(`toil-mesos: Cannot use the argument "${garbled}": it is not UTF-8`);
    return EXIT_CODE.USAGE;
  }
  const { runProgram } = await import("./cli/program.ts");
  return await runProgram(Deno.args, system);
}

if (import.meta.main) {
  const system = realSystem();
  // It is in `system`, where no other code sees it.
  eraseVariable(AUTHENTICATION_TOKEN_ENV_NAME);
  const exitCode = await run(system);
  await Promise.race([errors.idle, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
  Deno.exit(exitCode);
}
