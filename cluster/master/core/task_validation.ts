/**
 * Validation of tasks to launch, with the error texts of Mesos. Pure.
 *
 * @see validation::task and validation::executor in src/master/validation.cpp in Mesos
 * @module
 */

import type { ExecutorInfo, TaskInfo } from "../../../mesos/wire/messages.ts";
import { idError } from "../../protocol/field_validation.ts";
import { toJson } from "../../protocol/json.ts";
import { formatResources } from "../../resources/resource_text.ts";
import { resourcesError } from "../../resources/resource_validation.ts";
import {
  addResources,
  containsResources,
  type Resources,
} from "../../resources/resource_arithmetic.ts";
import type { Agent, Framework } from "./master_records.ts";

export interface LaunchContext {
  framework: Framework;
  agent: Agent;
  available: Resources;
}

/** The error in a task, if any; its resources name the role to which they were offered. */
export function taskError(task: TaskInfo, context: LaunchContext): string | undefined {
  const { executor, resources = [] } = task;
  // Mesos would start its own executor for a task with a command.
  if (!executor) return "Task should have ExecutorInfo present: this Mesos has no executor itself";
  const error = identityError(task, context) ?? executorError(executor, context);
  if (error) return error;
  if (resources.length === 0) return "Task uses no resources";
  const invalid = resourcesError(resources);
  if (invalid) return `Task uses invalid resources: ${invalid}`;
  const known = knownExecutor(executor, context);
  const total = known ? resources : addResources(resources, executor.resources ?? []);
  if (containsResources(context.available, total)) return undefined;
  return `Total resources ${formatResources(total)} required by task and its executor is more` +
    ` than available ${formatResources(context.available)}`;
}

function identityError(
  { task_id: { value: taskId }, agent_id }: TaskInfo,
  { framework, agent }: LaunchContext,
): string | undefined {
  const error = idError(taskId);
  if (error) return error;
  if (framework.tasks.has(taskId)) return `Task has duplicate ID: ${taskId}`;
  if (framework.unreachableTasks.has(taskId)) {
    return `Task reuses the ID of an unreachable task: ${taskId}`;
  }
  if (agent_id.value === agent.id) return undefined;
  return `Task uses invalid agent ${agent_id.value} while agent ${agent.id} is expected`;
}

function executorError(executor: ExecutorInfo, context: LaunchContext): string | undefined {
  const { command, resources = [], framework_id } = executor;
  if (!command) return "'ExecutorInfo.command' must be set";
  const id = idError(executor.executor_id.value);
  if (id) return id;
  if (framework_id?.value !== context.framework.id) {
    return "ExecutorInfo has an invalid FrameworkID" +
      ` (Actual: ${framework_id?.value} vs Expected: ${context.framework.id})`;
  }
  const invalid = resourcesError(resources);
  if (invalid) return `Executor uses invalid resources: ${invalid}`;
  const known = knownExecutor(executor, context);
  if (!known || describe(known) === describe(executor)) return undefined;
  return "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
    `Existing ExecutorInfo:\n${describe(known)}\nExecutorInfo:\n${describe(executor)}\n`;
}

function knownExecutor(
  { executor_id }: ExecutorInfo,
  { agent, framework }: LaunchContext,
): ExecutorInfo | undefined {
  return agent.executors.get(framework.id)?.get(executor_id.value);
}

/** What makes an executor the same; labels and the shutdown grace period may differ. */
function describe(executor: ExecutorInfo): string {
  const { type, executor_id, framework_id, name, source, data, resources } = executor;
  // Some clients write this default.
  const command = { shell: true, ...executor.command };
  const identity = { type, executor_id, framework_id, name, source, data, command, resources };
  return toJson(identity);
}
