/**
 * The checkpoints from which the next run of an agent recovers: names as in Mesos, contents as
 * JSON.
 *
 * @see src/slave/state.cpp in Mesos
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { AgentInfo } from "../../mesos/wire/messages.ts";
import { listDirectory, readFileIfPresent, writeFileAndDirectories } from "../files.ts";
import { encodeJson } from "../protocol/json.ts";
import * as schemas from "../protocol/agent_protocol.ts";
import type { Checkpoint, Run } from "./core/agent_effects.ts";
import * as paths from "./agent_paths.ts";
import type { RecoveredExecutor, RecoveredFramework, RecoveredTask } from "./recovery.ts";

const NEWLINE_BYTE = 0x0a;

const executorFile = z.object({
  info: schemas.executorInfo,
  served: z.boolean(),
  containerId: z.string(),
});

/** A line of the file of a task's updates. */
const updateRecord = z.union([
  z.object({ update: schemas.taskStatus }),
  z.object({ acknowledged: schemas.bytes }),
]);
type UpdateRecord = z.infer<typeof updateRecord>;

/** Checkpoints of the agent with one work directory. */
export class Checkpoints {
  readonly #root: string;
  #agentId = "";

  constructor(workDirectory: string) {
    this.#root = paths.metaDirectory(workDirectory);
  }

  /** The last agent in this directory; undefined when there was none. */
  readAgent(): AgentInfo | undefined {
    const info = read(this.#latestAgent, schemas.agentInfo);
    this.#agentId = info?.id?.value ?? "";
    return info;
  }

  /** The frameworks of that agent; `pidOf` gives the process of a run. */
  readFrameworks(pidOf: (run: Run) => number | undefined): RecoveredFramework[] {
    const directory = paths.frameworksDirectory(this.#root, this.#agentId);
    return listDirectory(directory).flatMap((frameworkId) => {
      const info = read(this.#frameworkFile(frameworkId), schemas.frameworkInfo);
      if (!info) return [];
      const executorIds = listDirectory(
        paths.executorsDirectory(this.#root, this.#agentId, frameworkId),
      );
      const executors = executorIds.flatMap((executorId) =>
        this.#readExecutor(frameworkId, executorId, pidOf) ?? []
      );
      return [{ info, executors }];
    });
  }

  write(checkpoint: Checkpoint): void {
    switch (checkpoint.type) {
      case "AGENT":
        this.#agentId = checkpoint.info.id?.value ?? "";
        return writeFileAndDirectories(this.#latestAgent, encodeJson(checkpoint.info));
      case "FRAMEWORK": {
        const { info } = checkpoint;
        return writeFileAndDirectories(this.#frameworkFile(info.id?.value ?? ""), encodeJson(info));
      }
      case "EXECUTOR": {
        const { run, info, served } = checkpoint;
        const file: z.infer<typeof executorFile> = { info, served, containerId: run.containerId };
        return writeFileAndDirectories(this.#executorFile(run), encodeJson(file));
      }
      case "TASK": {
        const { run, task } = checkpoint;
        const path = join(this.#task(run, task.taskId), "task.info");
        return writeFileAndDirectories(path, encodeJson(task));
      }
      case "UPDATE":
        return this.#append(checkpoint, { update: checkpoint.status });
      case "ACKNOWLEDGEMENT":
        return this.#append(checkpoint, { acknowledged: checkpoint.uuid });
      case "TASK_DONE":
        return remove(this.#task(checkpoint.run, checkpoint.taskId));
      case "EXECUTOR_DONE":
        return remove(paths.executorDirectory(this.#root, this.#agentId, checkpoint.run));
      case "FRAMEWORK_DONE":
        return remove(
          join(paths.frameworksDirectory(this.#root, this.#agentId), checkpoint.frameworkId),
        );
    }
  }

  get #latestAgent(): string {
    return join(this.#root, "slaves", "slave.info");
  }

  #frameworkFile(frameworkId: string): string {
    const directory = paths.frameworksDirectory(this.#root, this.#agentId);
    return join(directory, frameworkId, "framework.info");
  }

  #executorFile(key: Pick<Run, "frameworkId" | "executorId">): string {
    return join(paths.executorDirectory(this.#root, this.#agentId, key), "executor.info");
  }

  #task(run: Run, taskId: string): string {
    return paths.taskDirectory(this.#root, this.#agentId, { ...run, taskId });
  }

  #append({ run, taskId }: { run: Run; taskId: string }, record: UpdateRecord): void {
    const line = new Uint8Array([...encodeJson(record), NEWLINE_BYTE]);
    Deno.writeFileSync(join(this.#task(run, taskId), "task.updates"), line, { append: true });
  }

  #readExecutor(
    frameworkId: string,
    executorId: string,
    pidOf: (run: Run) => number | undefined,
  ): RecoveredExecutor | undefined {
    const file = read(this.#executorFile({ frameworkId, executorId }), executorFile);
    if (!file) return undefined;
    const { info, served, containerId } = file;
    const run = { frameworkId, executorId, containerId };
    const directory = join(paths.runDirectory(this.#root, this.#agentId, run), "tasks");
    const tasks = listDirectory(directory).flatMap((taskId) => this.#readTask(run, taskId) ?? []);
    return { run, info, served, pid: pidOf(run), tasks };
  }

  #readTask(run: Run, taskId: string): RecoveredTask | undefined {
    const task = read(join(this.#task(run, taskId), "task.info"), schemas.task);
    if (!task) return undefined;
    const records = readRecords(join(this.#task(run, taskId), "task.updates"));
    return {
      task,
      updates: records.flatMap((record) => "update" in record ? [record.update] : []),
      acknowledged: records.flatMap((record) =>
        "acknowledged" in record ? [record.acknowledged] : []
      ),
    };
  }
}

function read<T>(path: string, schema: z.ZodType<T>): T | undefined {
  const content = readFileIfPresent(path);
  return content && schemas.readJson(content, schema);
}

function readRecords(path: string): UpdateRecord[] {
  const content = readFileIfPresent(path);
  if (!content) return [];
  const end = content.lastIndexOf(NEWLINE_BYTE) + 1;
  // The last line is truncated if the agent died while it wrote.
  if (end < content.length) Deno.truncateSync(path, end);
  const lines = new TextDecoder().decode(content.subarray(0, end)).split("\n").filter(Boolean);
  return lines.map((line) => schemas.readJson(new TextEncoder().encode(line), updateRecord));
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
