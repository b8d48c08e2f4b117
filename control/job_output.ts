/**
 * What jobs have written: in files beside the scheduler, or in the sandboxes of their executors.
 *
 * @module
 */

import type { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { JobView, TaskView } from "../scheduler/inspection.ts";
import type { AgentFiles } from "../mesos/agent_files.ts";
import { ControlError, notFound } from "./control_error.ts";
import { reasonOf } from "../support/reason.ts";
import { specialFile } from "../support/special_file.ts";

/** One of the two. */
export type Stream = "stdout" | "stderr";

/** Gives the output of jobs. */
export class JobOutput {
  readonly #scheduler: Pick<MesosBatchSystem, "inspection" | "outputPaths">;
  readonly #files: Pick<AgentFiles, "read">;

  /**
   * Reads when it is asked.
   *
   * @param scheduler Knows where jobs ran.
   * @param files Reads on nodes.
   */
  constructor(
    scheduler: Pick<MesosBatchSystem, "inspection" | "outputPaths">,
    files: Pick<AgentFiles, "read">,
  ) {
    this.#scheduler = scheduler;
    this.#files = files;
  }

  /**
   * What the last attempt at a job has written, from an offset on; below 0, that many bytes from
   * the end.
   *
   * @throws {ControlError} when it has not begun, or its output can't be had any more.
   */
  async read(job: JobView, stream: Stream, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const task = job.tasks.at(-1);
    if (!task) {
      throw notFound(`Cannot read ${stream} of job ${job.jobID}: it has not started yet`);
    }
    const local = await this.#open(job, { task, stream, offset });
    const found = local ?? await this.#fetch(job, { task, stream, offset });
    if (found) return found;
    if (job.state !== "ended") return empty();
    throw notFound(
      `Cannot read ${stream} of job ${job.jobID}: node ${task.node} does not have it any more`,
    );
  }

  async #open(
    { jobID }: JobView,
    { task, stream, offset }: { task: TaskView; stream: Stream; offset: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    for (const path of this.#scheduler.outputPaths(jobID, task.taskId, stream)) {
      // A job may have put a pipe there, which would wait for a writer.
      if (specialFile(path) !== undefined) continue;
      const file = await Deno.open(path).catch(() => undefined);
      if (!file) continue;
      const { size } = await file.stat();
      const start = offset < 0 ? Math.max(0, size + offset) : offset;
      await file.seek(start, Deno.SeekMode.Start);
      return file.readable;
    }
    return undefined;
  }

  async #fetch(
    { jobID }: JobView,
    { task, stream, offset }: { task: TaskView; stream: Stream; offset: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { agentUrl, executorId, containerId, taskId, node } = task;
    const { frameworkId } = this.#scheduler.inspection;
    if (!agentUrl || !executorId || !frameworkId) return undefined;
    try {
      for (const path of [`jobs/${taskId}/${stream}`, `jobs/${taskId}/${jobID}/${stream}`]) {
        const file = { agentUrl, frameworkId, executorId, containerId, path };
        const found = await this.#files.read(file, offset);
        if (found) return found;
      }
    } catch (cause) {
      const message =
        `Cannot read ${stream} of job ${jobID}: node ${node} can't be reached or refuses: ` +
        reasonOf(cause);
      throw new ControlError(502, "unavailable", { message, cause });
    }
    return undefined;
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {}
