/**
 * ACCEPT: launches tasks on offers and recovers the rest of the resources. Pure.
 *
 * @see Master::accept and Master::_accept in src/master/master.cpp in Mesos
 * @module
 */

import type {
  MesosResource,
  OfferOperation,
  SchedulerCallAccept,
  TaskInfo,
  TaskState,
  TaskStatusReason,
} from "../../../mesos/wire/messages.ts";
import { resourceListError } from "../../resources/resource_validation.ts";
import {
  addResources,
  type Resources,
  subtractResources,
  upgradeResources,
} from "../../resources/resource_arithmetic.ts";
import { newTask } from "../../protocol/task_status.ts";
import { offersError } from "./offer_validation.ts";
import { type Agent, type Framework, inner } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";
import { taskError } from "./task_validation.ts";

export function accept(
  state: MasterState,
  framework: Framework,
  { offer_ids = [], operations = [], filters = {} }: SchedulerCallAccept,
): void {
  const offerIds = offer_ids.map(({ value }) => value);
  const error = offersError(state, framework, offerIds);
  const offers = offerIds.flatMap((id) => state.offers.get(id) ?? []);
  const [offer] = offers;
  const agent = state.agents.get(offer?.agent_id.value ?? "");
  if (error || !offer || !agent) {
    for (const each of offers) state.discardOffer(each);
    return dropTasks(state, framework, { operations, error: error ?? "Agent removed" });
  }
  const role = offer.allocation_info?.role ?? "*";
  let available: Resources = [];
  for (const each of offers) {
    available = addResources(available, each.resources ?? []);
    state.removeOffer(each);
  }
  for (const operation of operations) {
    const tasks = launchable(state, framework, operation);
    for (const task of tasks) {
      const adapted = adaptTask(task, framework, role);
      available = launch(state, adapted, { framework, agent, available });
    }
  }
  state.recover(framework.id, agent.id, { resources: available, filters });
}

function tasksOf(operation: OfferOperation): TaskInfo[] {
  return operation.type === "LAUNCH" ? operation.launch?.task_infos ?? [] : [];
}

function dropTasks(
  state: MasterState,
  framework: Framework,
  { operations, error }: { operations: readonly OfferOperation[]; error: string },
): void {
  for (const task of operations.flatMap(tasksOf)) {
    tell(state, framework, {
      task,
      state: state.stateFor(framework, "TASK_DROPPED"),
      message: `Task launched with invalid offers: ${error}`,
      reason: "REASON_INVALID_OFFERS",
    });
  }
}

/** The tasks of an operation; none if the resources of any are malformed. */
function launchable(
  state: MasterState,
  framework: Framework,
  operation: OfferOperation,
): TaskInfo[] {
  const tasks = tasksOf(operation);
  const message = tasks
    .map(({ resources = [], executor }) =>
      resourceListError(resources) ?? resourceListError(executor?.resources ?? [])
    ).find((error) => error !== undefined);
  if (message === undefined) return tasks;
  for (const task of tasks) {
    tell(state, framework, { task, state: "TASK_ERROR", message, reason: "REASON_TASK_INVALID" });
  }
  return [];
}

/** The task as the cluster keeps it: resources in its format, defaults filled in. */
function adaptTask(task: TaskInfo, framework: Framework, role: string): TaskInfo {
  const adapt = (resources: Resources = []): MesosResource[] =>
    upgradeResources(resources).map((resource) => ({
      ...resource,
      allocation_info: resource.allocation_info ?? { role },
    }));
  const adapted = { ...task, resources: adapt(task.resources) };
  const { executor } = task;
  if (!executor) return adapted;
  return {
    ...adapted,
    executor: {
      ...executor,
      framework_id: executor.framework_id ?? { value: framework.id },
      resources: adapt(executor.resources),
    },
  };
}

/** Launches or rejects a task; returns the remaining resources. */
function launch(
  state: MasterState,
  task: TaskInfo,
  { framework, agent, available }: {
    framework: Framework;
    agent: Agent;
    available: Resources;
  },
): Resources {
  const message = taskError(task, { framework, agent, available });
  if (message) {
    tell(state, framework, { task, state: "TASK_ERROR", message, reason: "REASON_TASK_INVALID" });
    return available;
  }
  const { executor, resources = [] } = task;
  const executors = inner(agent.executors, framework.id);
  const launchExecutor = !executor || !executors.has(executor.executor_id.value);
  let consumed: Resources = resources;
  if (executor && launchExecutor) {
    executors.set(executor.executor_id.value, executor);
    consumed = addResources(resources, executor.resources ?? []);
  }
  state.addTask(agent, framework, newTask(task, framework.id));
  const { info } = framework;
  state.sendToAgent(agent, { type: "RUN_TASK", framework: info, task, launchExecutor });
  return subtractResources(available, consumed);
}

function tell(
  state: MasterState,
  framework: Framework,
  { task, ...status }: {
    task: TaskInfo;
    state: TaskState;
    message: string;
    reason: TaskStatusReason;
  },
): void {
  state.sendUpdate(
    framework,
    state.newStatus({
      ...status,
      taskId: task.task_id.value,
      agentId: task.agent_id.value,
    }),
  );
}
