/**
 * The checkpoints of an agent, and the state of its executors that they add up to: the next run of
 * the agent recovers it. Pure.
 *
 * @module
 */

import { z } from "zod";
import type { FrameworkId, TaskId } from "../../../mesos/ids.ts";
import type { AgentInfo, FrameworkInfo } from "../../../mesos/wire/messages.ts";
import {
  agentInfo,
  bytes,
  executorId,
  executorInfo,
  frameworkId,
  frameworkInfo,
  task,
  taskId,
  taskStatus,
} from "../../protocol/agent_protocol.ts";
import type { RecoveredExecutor, RecoveredFramework, RecoveredTask } from "../recovery.ts";

export const run = z.object({ frameworkId, executorId, containerId: z.string() });
export type Run = z.infer<typeof run>;

export const checkpoint = z.discriminatedUnion("type", [
  z.object({ type: z.literal("AGENT"), info: agentInfo }),
  z.object({ type: z.literal("FRAMEWORK"), info: frameworkInfo }),
  z.object({ type: z.literal("EXECUTOR"), run, info: executorInfo, served: z.boolean() }),
  z.object({ type: z.literal("TASK"), run, task }),
  z.object({ type: z.literal("UPDATE"), run, taskId, status: taskStatus }),
  z.object({ type: z.literal("ACKNOWLEDGEMENT"), run, taskId, uuid: bytes }),
  z.object({ type: z.literal("TASK_DONE"), run, taskId }),
  z.object({ type: z.literal("EXECUTOR_DONE"), run }),
  z.object({ type: z.literal("FRAMEWORK_DONE"), frameworkId }),
]);
export type Checkpoint = z.infer<typeof checkpoint>;

type KeptExecutor = Omit<RecoveredExecutor, "pid" | "tasks"> & {
  tasks: Map<TaskId, RecoveredTask>;
};

/** The sum of all checkpoints so far. */
export class CheckpointedState {
  agent: AgentInfo | undefined;
  readonly #frameworks = new Map<FrameworkId, FrameworkInfo>();
  readonly #executors = new Map<string, KeptExecutor>();

  apply(checkpoint: Checkpoint): void {
    switch (checkpoint.type) {
      case "AGENT":
        this.agent = checkpoint.info;
        return;
      case "FRAMEWORK":
        return void this.#frameworks.set(checkpoint.info.id?.value ?? "", checkpoint.info);
      case "FRAMEWORK_DONE":
        return void this.#frameworks.delete(checkpoint.frameworkId);
      case "EXECUTOR": {
        const { type: _, ...executor } = checkpoint;
        const { containerId } = executor.run;
        const tasks = this.#executors.get(containerId)?.tasks ?? new Map();
        return void this.#executors.set(containerId, { ...executor, tasks });
      }
      case "EXECUTOR_DONE":
        return void this.#executors.delete(checkpoint.run.containerId);
      default:
        return this.#applyToTask(checkpoint);
    }
  }

  #applyToTask(
    checkpoint: Checkpoint & { type: "TASK" | "UPDATE" | "ACKNOWLEDGEMENT" | "TASK_DONE" },
  ): void {
    const tasks = this.#executors.get(checkpoint.run.containerId)?.tasks;
    switch (checkpoint.type) {
      case "TASK": {
        const { task } = checkpoint;
        return void tasks?.set(task.taskId, { task, updates: [], acknowledged: [] });
      }
      case "UPDATE":
        return void tasks?.get(checkpoint.taskId)?.updates.push(checkpoint.status);
      case "ACKNOWLEDGEMENT":
        return void tasks?.get(checkpoint.taskId)?.acknowledged.push(checkpoint.uuid);
      case "TASK_DONE":
        return void tasks?.delete(checkpoint.taskId);
    }
  }

  /** Copies of all frameworks, for the next run; `pidOf` gives the process of a container. */
  frameworks(pidOf: (containerId: string) => number | undefined): RecoveredFramework[] {
    return [...this.#frameworks].map(([id, info]) => ({
      info,
      executors: [...this.#executors.values()]
        .filter(({ run }) => run.frameworkId === id)
        .map(({ tasks, ...executor }) => ({
          ...executor,
          pid: pidOf(executor.run.containerId),
          tasks: structuredClone([...tasks.values()]),
        })),
    }));
  }

  /** The fewest checkpoints that add up to this state. */
  checkpoints(): Checkpoint[] {
    const executors = [...this.#executors.values()].flatMap(({ tasks, ...executor }) => [
      { type: "EXECUTOR" as const, ...executor },
      ...[...tasks.values()].flatMap((each) => taskCheckpoints(executor.run, each)),
    ]);
    return [
      ...this.agent ? [{ type: "AGENT" as const, info: this.agent }] : [],
      ...[...this.#frameworks.values()].map((info) => ({ type: "FRAMEWORK" as const, info })),
      ...executors,
    ];
  }
}

function taskCheckpoints(
  run: Run,
  { task, updates, acknowledged }: RecoveredTask,
): Checkpoint[] {
  const key = { run, taskId: task.taskId };
  return [
    { type: "TASK", run, task },
    ...updates.map((status) => ({ type: "UPDATE" as const, ...key, status })),
    ...acknowledged.map((uuid) => ({ type: "ACKNOWLEDGEMENT" as const, ...key, uuid })),
  ];
}
