/**
 * What an agent writes down, in memory: for agents that are started again.
 *
 * @module
 */

import type { AgentInfo, ExecutorInfo, FrameworkInfo } from "../../mesos/wire/messages.ts";
import type { Checkpoint, Run } from "../../cluster/agent/core/agent_effects.ts";
import type { RecoveredFramework, RecoveredTask } from "../../cluster/agent/recovery.ts";

interface KeptExecutor {
  readonly run: Run;
  info: ExecutorInfo;
  served: boolean;
  readonly tasks: Map<string, RecoveredTask>;
}

/** The disk of one agent. */
export class SimCheckpoints {
  info: AgentInfo | undefined;
  readonly #frameworks = new Map<string, FrameworkInfo>();
  readonly #executors = new Map<string, KeptExecutor>();

  write(checkpoint: Checkpoint): void {
    switch (checkpoint.type) {
      case "AGENT":
        this.info = checkpoint.info;
        return;
      case "FRAMEWORK":
        return void this.#frameworks.set(checkpoint.info.id?.value ?? "", checkpoint.info);
      case "FRAMEWORK_DONE":
        return void this.#frameworks.delete(checkpoint.frameworkId);
      case "EXECUTOR": {
        const { run, info, served } = checkpoint;
        const tasks = this.#executors.get(run.containerId)?.tasks ?? new Map();
        return void this.#executors.set(run.containerId, { run, info, served, tasks });
      }
      case "EXECUTOR_DONE":
        return void this.#executors.delete(checkpoint.run.containerId);
    }
    const tasks = this.#executors.get(checkpoint.run.containerId)?.tasks;
    if (checkpoint.type === "TASK") {
      const task = structuredClone(checkpoint.task);
      tasks?.set(task.taskId, { task, updates: [], acknowledged: [] });
    } else if (checkpoint.type === "TASK_DONE") tasks?.delete(checkpoint.taskId);
    else if (checkpoint.type === "UPDATE") {
      tasks?.get(checkpoint.taskId)?.updates.push(checkpoint.status);
    } else tasks?.get(checkpoint.taskId)?.acknowledged.push(checkpoint.uuid);
  }

  /** What the next agent takes over; `isAlive` tells of the process of a container. */
  read(isAlive: (containerId: string) => boolean): RecoveredFramework[] {
    return [...this.#frameworks].map(([id, info]) => ({
      info,
      executors: [...this.#executors.values()]
        .filter(({ run }) => run.frameworkId === id)
        .map(({ run, info, served, tasks }) => ({
          run,
          info,
          served,
          pid: isAlive(run.containerId) ? 1 : undefined,
          tasks: structuredClone([...tasks.values()]),
        })),
    }));
  }
}
