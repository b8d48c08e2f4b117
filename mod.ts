/**
 * Batch jobs on Apache Mesos, as a library. Importing it reads and writes nothing.
 *
 * ```ts ignore
 * import { createBatchSystem } from "@toil/mesos";
 *
 * await using batch = await createBatchSystem({ endpoint: "local:2" });
 * await batch.issueBatchJob("hostname", { cores: 1, memory: "256Mi", disk: "10Mi" });
 * for await (const result of batch.results()) console.log(result);
 * ```
 *
 * @module
 */

import type { MesosBatchSystem } from "./scheduler/batch_system.ts";
import type { BatchSystemOptions } from "./setup/batch_system_options.ts";
import { openBatchSystem } from "./setup/open_batch_system.ts";

export { MesosBatchSystem } from "./scheduler/batch_system.ts";
export type { BatchJob, IssueOrigin, UpdatedBatchJobInfo } from "./scheduler/batch_job.ts";
export type { NodeInfo } from "./scheduler/core/nodes.ts";
export type { BatchSystemEvent } from "./scheduler/core/events.ts";
export type { BatchJobResult, JobFileRecord } from "./scheduler/core/records.ts";
export {
  type Accelerator,
  InsufficientSystemResources,
  type JobRequest,
  type JobRequirements,
} from "./scheduler/core/requirements.ts";
export { BATCH_JOB_EXIT_REASONS, type BatchJobExitReason } from "./job/exit_reason.ts";
export type { JobId } from "./job/job_id.ts";
export type { AgentId, ExecutorId, FrameworkId, TaskId } from "./mesos/ids.ts";
export { BatchSystemSupport } from "./scheduler/batch_system_support.ts";
export type { IssueRequest, JobFilePart } from "./scheduler/core/inputs.ts";
export type { Obstacles } from "./scheduler/core/resume_conflicts.ts";
export { type BatchSystemListener, MessageBus } from "./scheduler/message_bus.ts";
export { MesosUnavailableError } from "./scheduler/unavailable_error.ts";
export type { OptionDefinition, OptionParser, OptionSetter } from "./scheduler/mesos_options.ts";
export type { StdStream } from "./scheduler/std_out_err.ts";
export type { ResultSelection } from "./scheduler/result_queue.ts";
export { StoreError } from "./scheduler/store/store.ts";
export type { BatchSystemOptions, Duration, Size } from "./setup/batch_system_options.ts";
export { Expando, MagicExpando } from "./support/expando.ts";
export {
  configureRootLogger,
  LOG_LEVELS,
  type LogConfiguration,
  type LogFormat,
  type LogLevelName,
  setLogLevel,
} from "./support/log.ts";
export { UsageError } from "./support/usage_error.ts";

/**
 * Starts a batch system, and resolves once Mesos has registered it. Dispose of it to kill what is
 * left of its jobs and to remove its framework from Mesos.
 *
 * @param options Where Mesos is, and what to do otherwise than by default.
 * @throws {UsageError} when an option cannot be used.
 * @throws {RangeError} when a size or duration cannot be parsed.
 * @throws {MesosUnavailableError} when Mesos does not answer in time, or refuses.
 * @example Two jobs on an embedded Mesos with two agents
 * ```ts ignore
 * await using batch = await createBatchSystem({ endpoint: "local:2" });
 * await batch.issueBatchJobs([{ command: "date", requirements: { memory: "64Mi", disk: "1Mi" } }]);
 * for await (const { jobID, exitStatus } of batch.results()) console.log(jobID, exitStatus);
 * ```
 */
export async function createBatchSystem(
  options: BatchSystemOptions = {},
): Promise<MesosBatchSystem> {
  const resources = new AsyncDisposableStack();
  try {
    const { batchSystem, userScript } = await openBatchSystem(options, {
      resources,
      environment: Deno.env.toObject(),
    });
    resources.defer(async () => void await batchSystem.shutdown());
    if (userScript) await batchSystem.setUserScript(userScript);
    await batchSystem.start();
    return batchSystem;
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}
