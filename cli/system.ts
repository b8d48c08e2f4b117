/**
 * The world outside, as the commands see it. main.ts makes the real one.
 *
 * @module
 */

import type { Executor, ExecutorDriver } from "../mesos/executor.ts";
import type { ExecutorEnvironment } from "../mesos/executor_environment.ts";
import type { LogFormat, LogLevelName } from "../support/log.ts";
import type { InterruptingSignal } from "./terminal/interruption.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** What a command may use. */
export interface System {
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error. */
  readonly terminal: Terminal;
  /** Whether standard output is a terminal. */
  readonly outputIsTerminal: boolean;
  /** How wide the terminal is; throws where there is none. */
  outputColumns(): number;
  /**
   * Writes bytes to standard output.
   *
   * @throws {OutputError} when it takes no more.
   */
  outputBytes(bytes: Uint8Array): void;
  /** Loads the driver of executors, which other commands do not need; gives how to create it. */
  loadExecutorDriver(): Promise<
    (executor: Executor, environment: ExecutorEnvironment) => ExecutorDriver
  >;
  /** Starts logging to the terminal. */
  configureLogging(level: LogLevelName, format: LogFormat): void;
  /**
   * Calls the function at the first signal that asks this process to leave; a later one ends it at
   * once. The returned function ends that.
   */
  onInterrupt(interrupted: (signal: InterruptingSignal) => void): () => void;
  /** Standard input; to be read once. */
  standardInput(): ReadableStream<Uint8Array>;
}
