/**
 * What is wrong with a task that a framework launches, in Mesos' words. Pure.
 *
 * @see validation::task and validation::executor in src/master/validation.cpp in Mesos
 * @module
 */

import type { ExecutorInfo, TaskInfo } from "../../../mesos/wire/messages.ts";
import { commandError, idError, isNegative } from "../../protocol/field_validation.ts";
import { encodeJson } from "../../protocol/json.ts";
import { formatResources } from "../../resources/resource_text.ts";
import {
  allocationRoleError,
  resourcesError,
  revocableError,
} from "../../resources/resource_validation.ts";
import {
  addResources,
  containsResources,
  type Resources,
} from "../../resources/resource_arithmetic.ts";
import { quantity } from "../../resources/resource_values.ts";
import { sameExecutor } from "./executor_identity.ts";
import type { Agent, Framework } from "./master_records.ts";

/** Where a task is to run, and what is there for it. */
export interface LaunchContext {
  /** Whose task it is. */
  framework: Framework;
  /** Whose resources were offered. */
  agent: Agent;
  /** What is left of the offers. */
  available: Resources;
}

/** What is wrong with a task; its resources say to which role they were offered. */
export function taskError(task: TaskInfo, context: LaunchContext): string | undefined {
  return identityError(task, context) ?? ownError(task) ?? executorError(task, context);
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

function ownError({ kill_policy, resources = [], command }: TaskInfo): string | undefined {
  if (isNegative(kill_policy?.grace_period)) {
    return "Task's 'kill_policy.grace_period' must be non-negative";
  }
  if (resources.length === 0) return "Task uses no resources";
  const invalid = resourcesError(resources);
  if (invalid) return `Task uses invalid resources: ${invalid}`;
  const role = allocationRoleError(resources);
  if (role) return `Invalid task resources: ${role}`;
  const revocable = revocableError(resources);
  if (revocable) return `Task mixes revocable and non-revocable resources: ${revocable}`;
  const error = command && commandError(command);
  return error && `Task's \`CommandInfo\` is invalid: ${error}`;
}

function executorError(task: TaskInfo, context: LaunchContext): string | undefined {
  const { executor, command, resources = [] } = task;
  if ((executor === undefined) === (command === undefined)) {
    return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
  }
  const error = executor && executorInfoError(executor, context);
  if (error) return error;
  const together = sumError(resources, executor?.resources ?? []);
  if (together) return together;
  const known = executor && knownExecutor(executor, context);
  const total = known ? resources : addResources(resources, executor?.resources ?? []);
  if (containsResources(context.available, total)) return undefined;
  return `Total resources ${formatResources(total)} required by task and its executor is more` +
    ` than available ${formatResources(context.available)}`;
}

function knownExecutor(
  { executor_id }: ExecutorInfo,
  { agent, framework }: LaunchContext,
): ExecutorInfo | undefined {
  return agent.executors.get(framework.id)?.get(executor_id.value);
}

function executorInfoError(executor: ExecutorInfo, context: LaunchContext): string | undefined {
  const { type, command, resources = [], framework_id } = executor;
  if (type === "DEFAULT" && command) {
    return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
  }
  if (type === "CUSTOM" && !command) {
    return "'ExecutorInfo.command' must be set for 'CUSTOM' executor";
  }
  const id = idError(executor.executor_id.value);
  if (id) return id;
  if (isNegative(executor.shutdown_grace_period)) {
    return "ExecutorInfo's 'shutdown_grace_period' must be non-negative";
  }
  const invalidCommand = command && commandError(command);
  if (invalidCommand) return `Executor's \`CommandInfo\` is invalid: ${invalidCommand}`;
  if (framework_id?.value !== context.framework.id) {
    return "ExecutorInfo has an invalid FrameworkID" +
      ` (Actual: ${framework_id?.value} vs Expected: ${context.framework.id})`;
  }
  return executorResourcesError(resources) ?? compatibilityError(executor, context) ??
    customExecutorError(executor);
}

function executorResourcesError(resources: Resources): string | undefined {
  const invalid = resourcesError(resources);
  if (invalid) return `Executor uses invalid resources: ${invalid}`;
  const role = allocationRoleError(resources);
  if (role) return `Invalid executor resources: ${role}`;
  const revocable = revocableError(resources);
  return revocable && `Executor mixes revocable and non-revocable resources: ${revocable}`;
}

function compatibilityError(executor: ExecutorInfo, context: LaunchContext): string | undefined {
  const known = knownExecutor(executor, context);
  if (!known || sameExecutor(known, executor)) return undefined;
  const rule = "-".repeat(60);
  return "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n" +
    `${rule}\nExisting ExecutorInfo:\n${describe(known)}\n` +
    `${rule}\nExecutorInfo:\n${describe(executor)}\n${rule}\n`;
}

function describe(executor: ExecutorInfo): string {
  return new TextDecoder().decode(encodeJson(executor));
}

function customExecutorError({ type, command, resources }: ExecutorInfo): string | undefined {
  if (type !== undefined && type !== "CUSTOM") return "'ExecutorInfo.type' must be 'CUSTOM'";
  if (!command) return "'ExecutorInfo.command' must be set";
  if (!resources?.some(({ shared }) => shared)) return undefined;
  return `Executor resources ${formatResources(resources)} should not contain any shared resources`;
}

function sumError(task: Resources, executor: Resources): string | undefined {
  const total = addResources(task, executor);
  const invalid = resourcesError(total);
  if (invalid) return `Task and its executor use invalid resources: ${invalid}`;
  const amount = (resources: Resources) => resources.reduce((sum, each) => sum + quantity(each), 0);
  // Ranges and sets that overlap are fewer together than one by one.
  if (amount(total) !== amount(task) + amount(executor)) {
    return `There are overlapping resources in the task resources ${formatResources(task)}` +
      ` and executor resources ${formatResources(executor)}`;
  }
  const revocable = revocableError(total);
  return revocable &&
    `Task and its executor mix revocable and non-revocable resources: ${revocable}`;
}
