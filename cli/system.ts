/**
 * The world outside, as the commands see it. main.ts makes the real one.
 *
 * @module
 */

import type { DriverFactory } from "../scheduler/mesos_link.ts";
import type { Store } from "../scheduler/store/store.ts";
import type { Executor, ExecutorDriver } from "../mesos/executor.ts";
import type { ExecutorEnvironment } from "../mesos/executor_environment.ts";
import type { LogFormat, LogLevelName } from "../support/log.ts";
import type { InterruptingSignal } from "./terminal/interruption.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** How to reach a Mesos. */
export interface MesosConnection {
  /** An endpoint that is not `local`. */
  readonly endpoint: string;
  /** Principal and secret, where the master asks for them. */
  readonly credential: { principal: string; secret: string } | undefined;
  /** PEM certificates to trust. */
  readonly caCertificates: string | undefined;
}

/** What a command may use. */
export interface System {
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error. */
  readonly terminal: Terminal;
  /** How this program is started anew: words for a shell, quoted where needed. */
  readonly selfCommand: string;
  /** The file of this program, where it is one file. */
  readonly selfFile: string | undefined;
  /** Milliseconds since the Unix epoch, on a clock that never steps back. */
  now(): number;
  /** Opens the store in a directory, or one in memory. */
  openStore(directory: string | undefined): Store;
  /**
   * Makes drivers for a Mesos.
   *
   * @throws {TypeError} when the endpoint is none.
   */
  connect(mesos: MesosConnection): DriverFactory;
  /** Makes the way from an executor to its agent. */
  createExecutorDriver(executor: Executor, environment: ExecutorEnvironment): ExecutorDriver;
  /** Starts logging to the terminal. */
  configureLogging(level: LogLevelName, format: LogFormat): void;
  /**
   * Calls the function at the first signal that asks this process to leave; a later one ends it at
   * once. The returned function ends that.
   */
  onInterrupt(interrupted: (signal: InterruptingSignal) => void): () => void;
  /** All of standard input. */
  readStandardInput(): Promise<Uint8Array>;
}
