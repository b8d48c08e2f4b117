/**
 * toil-mesos: batch jobs on Apache Mesos.
 *
 * The only place that builds the real clock, transports, stores and loggers.
 *
 * @module
 */

import { EXIT_CODE } from "./cli/exit_code.ts";
import { isHangUpIgnored } from "./cli/terminal/hang_up.ts";
import { INTERRUPTING_SIGNALS, Interruption } from "./cli/terminal/interruption.ts";
import { runProgram } from "./cli/program.ts";
import type { System } from "./cli/system.ts";
import { Terminal } from "./cli/terminal/terminal.ts";
import { MesosExecutorDriver } from "./mesos/executor_driver.ts";
import { AUTHENTICATION_TOKEN_ENV_NAME } from "./mesos/executor_environment.ts";
import { eraseVariable } from "./support/erase_variable.ts";
import { configureRootLogger } from "./support/log.ts";

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += stream.writeSync(bytes.subarray(written));
  }
}

/** The process that this program runs in. */
function realSystem(): System {
  const terminal = new Terminal({
    writeOutput: (text) => writeAll(Deno.stdout, text),
    writeError: (text) => writeAll(Deno.stderr, text),
    isTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
    columns: () => Deno.consoleSize().columns,
  });

  return {
    environment: Deno.env.toObject(),
    terminal,
    createExecutorDriver: (executor, environment) => new MesosExecutorDriver(executor, environment),
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

if (import.meta.main) {
  const system = realSystem();
  // It is in `system`, where nobody else sees it.
  eraseVariable(AUTHENTICATION_TOKEN_ENV_NAME);
  Deno.exit(await runProgram(Deno.args, system));
}
