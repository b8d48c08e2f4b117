/**
 * The executor: runs jobs for a scheduler on a Mesos agent. Importing it reads and writes nothing.
 *
 * @module
 */

export type { ExecutorEnvironment } from "../mesos/executor_environment.ts";
export type { ExecutorId, FrameworkId } from "../mesos/ids.ts";
export type { JobDeployment } from "./job_runner.ts";
export { runExecutor, type RunExecutorOptions } from "./run_executor.ts";
