/**
 * Runs an executor from its environment to its exit code.
 *
 * @module
 */

import type { Executor, ExecutorDriver } from "../mesos/executor.ts";
import {
  type ExecutorEnvironment,
  readExecutorEnvironment,
} from "../mesos/executor_environment.ts";
import { openStarter } from "../process/direct_starter.ts";
import { Libc } from "../process/libc.ts";
import { ProcessOwner } from "../process/process_owner.ts";
import { readText } from "../support/read_text.ts";
import { GpuPool } from "./gpu_pool.ts";
import { type JobDeployment, JobRunner } from "./job_runner.ts";
import { JobMemory } from "./job_memory.ts";
import { MemoryCgroup } from "./memory_cgroup.ts";
import { MesosExecutor } from "./mesos_executor.ts";
import { NodeInfoReporter } from "./node_info_reporter.ts";
import { NodeLoadMeter } from "./node_load.ts";
import { WorkerCleanup } from "./node_cleanup.ts";

/** Signals that shut the executor down, as SHUTDOWN does. */
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Options of {@linkcode runExecutor}. */
export interface RunExecutorOptions {
  /** The environment of this process. */
  environment: Readonly<Record<string, string>>;
  /** Creates the driver. */
  createDriver: (executor: Executor, environment: ExecutorEnvironment) => ExecutorDriver;
  /** Creates the deployment to a directory, which need not exist. */
  createDeployment: (rootDirectory: string) => JobDeployment;
  /**
   * Whether other processes of the same user are prevented from reading the memory of this one: the
   * agent's token is in it.
   *
   * @default {false}
   */
  refusesTracing?: boolean;
}

/**
 * Runs tasks until the agent, or a signal, ends it. The process must have no other use: orphaned
 * descendants of any of its children are killed, as those of jobs.
 *
 * @returns The exit code: 0 after a shutdown, 1 after an error.
 * @throws {NotUnderMesosError} when no agent started this process.
 */
export async function runExecutor(options: RunExecutorOptions): Promise<number> {
  const { environment } = options;
  const executorEnvironment = readExecutorEnvironment(environment);
  const { sandboxDirectory, shutdownGracePeriodMs } = executorEnvironment;
  const resourceDirectory = `${sandboxDirectory}/resources`;
  const deployment = options.createDeployment(resourceDirectory);
  const processes = new ProcessOwner({ adoptsOrphans: true, starter: openStarter() });
  // The starter has opened its files; from here on they are out of reach.
  if (options.refusesTracing) refuseTracing();
  const gpus = new GpuPool();
  const workerCleanup = new WorkerCleanup(readText);
  const memory = new MemoryCgroup(readText);
  const runner = new JobRunner({
    environment,
    sandboxDirectory,
    resourceDirectory,
    processes,
    deployment,
    gpus,
    workerCleanup,
    memory,
    jobMemory: new JobMemory(memory),
  });
  const executor = new MesosExecutor({
    runner,
    processes,
    deployment,
    gpus,
    workerCleanup,
    nodeLoad: new NodeLoadMeter(readText),
    nodeInfoReporter: new NodeInfoReporter(),
    shutdownGracePeriodMs,
  });
  const driver = options.createDriver(executor, executorEnvironment);
  const shutdown = () => executor.shutdown(driver);
  for (const signal of SIGNALS) Deno.addSignalListener(signal, shutdown);
  try {
    driver.start();
    driver.join().catch((error) => executor.abort(driver, error));
    return await executor.exitCode;
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, shutdown);
  }
}

function refuseTracing(): void {
  using libc = Libc.open();
  libc?.refuseTracing();
}
