/**
 * Starts the executor. Agents start it without arguments: then nothing is loaded but what it needs,
 * so that it works soon and takes little memory on every node.
 *
 * @module
 */

import { NotUnderMesosError, readExecutorEnvironment } from "../mesos/executor_environment.ts";
import { LazyDeployment } from "../resource/lazy_deployment.ts";
import { type LogFormat, type LogLevelName, parseLogLevel } from "../support/log.ts";
import type { System } from "./system.ts";

/** What goes to the log of an executor where nothing else is said. */
export const EXECUTOR_LOG_LEVEL: LogLevelName = "INFO";

/** What goes to its log, and how. */
export interface ExecutorLogOptions {
  /** What is not written below it. */
  readonly logLevel: LogLevelName;
  /** For people or for programs. */
  readonly logFormat: LogFormat;
}

/**
 * The options of an executor that an agent has started in the usual way; undefined: the whole
 * program must read its arguments, or say what is wrong with them.
 */
export function usualOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ExecutorLogOptions | undefined {
  if (args.length !== 1 || args[0] !== "executor") return undefined;
  // The first process of a container has the orphans of all others to reap.
  if (Deno.pid === 1) return undefined;
  const logLevel = parseLogLevel(environment["TOIL_MESOS_LOG_LEVEL"] || EXECUTOR_LOG_LEVEL);
  const logFormat = environment["TOIL_MESOS_LOG_FORMAT"] || "text";
  if (logLevel === undefined || (logFormat !== "text" && logFormat !== "json")) return undefined;
  try {
    readExecutorEnvironment(environment);
    return { logLevel, logFormat };
  } catch (error) {
    if (error instanceof NotUnderMesosError) return undefined;
    throw error;
  }
}

/**
 * Runs tasks until the agent, or a signal, ends it; resolves to the exit code.
 *
 * @throws {NotUnderMesosError} when no agent started this process.
 */
export async function startExecutor(
  { logLevel, logFormat }: ExecutorLogOptions,
  system: System,
): Promise<number> {
  system.configureLogging(logLevel, logFormat);
  const [{ runExecutor }, createDriver] = await Promise.all([
    import("../executor/run_executor.ts"),
    system.loadExecutorDriver(),
  ]);
  return await runExecutor({
    refusesTracing: true,
    environment: system.environment,
    createDriver,
    createDeployment: (rootDirectory) => new LazyDeployment(rootDirectory),
  });
}
