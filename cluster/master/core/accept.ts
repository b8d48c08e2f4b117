/**
 * ACCEPT: launches tasks on offers and recovers the rest of the resources. Pure.
 *
 * @see Master::accept and Master::_accept in src/master/master.cpp in Mesos
 * @module
 */

import type { OfferId } from "../../../mesos/ids.ts";
import type {
  MesosResource,
  Offer,
  SchedulerCallAccept,
  TaskInfo,
  TaskState,
  TaskStatusReason,
} from "../../../mesos/wire/messages.ts";
import {
  addResources,
  type Resources,
  subtractResources,
  totalOf,
} from "../../resources/resource_arithmetic.ts";
import { newTask } from "../../protocol/task_status.ts";
import { type Agent, type Framework, inner } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";
import { taskError } from "./task_validation.ts";

export function accept(
  state: MasterState,
  framework: Framework,
  { offer_ids = [], operations = [], filters = {} }: SchedulerCallAccept,
): void {
  const offerIds = offer_ids.map(({ value }) => value);
  const offers = offerIds.flatMap((id) => state.offers.get(id) ?? []);
  const [offer] = offers;
  const agent = state.agents.get(offer?.agent_id.value ?? "");
  const tasks = operations.flatMap(({ launch }) => launch?.task_infos ?? []);
  const error = offersError(framework, offerIds, offers);
  if (error || !offer || !agent) {
    for (const each of offers) state.discardOffer(each);
    const message = `Task launched with invalid offers: ${error ?? "Agent removed"}`;
    for (const task of tasks) {
      tell(state, framework, {
        task,
        state: "TASK_DROPPED",
        message,
        reason: "REASON_INVALID_OFFERS",
      });
    }
    return;
  }
  const role = offer.allocation_info?.role ?? "*";
  let available: Resources = totalOf(offers);
  for (const each of offers) state.removeOffer(each);
  for (const task of tasks) {
    const adapted = adaptTask(task, framework, role);
    available = launch(state, adapted, { framework, agent, available });
  }
  state.recover(framework.id, agent.id, { resources: available, filters });
}

function offersError(
  framework: Framework,
  offerIds: readonly OfferId[],
  offers: readonly Offer[],
): string | undefined {
  if (offerIds.length === 0) return "No offers specified";
  const duplicate = offerIds.find((id, index) => offerIds.indexOf(id) < index);
  if (duplicate !== undefined) return `Duplicate offer ${duplicate} in offer list`;
  const missing = offerIds.find((id) => !offers.some((offer) => offer.id.value === id));
  if (missing !== undefined) return `Offer ${missing} is no longer valid`;
  const stranger = offers.find(({ framework_id }) => framework_id.value !== framework.id);
  if (stranger) {
    return `Offer ${stranger.id.value} has invalid framework ${stranger.framework_id.value}` +
      ` while framework ${framework.id} is expected`;
  }
  const places = offers.map(({ agent_id, allocation_info }) =>
    `role '${allocation_info?.role}' of agent ${agent_id.value}`
  );
  const other = places.find((place) => place !== places[0]);
  return other && `Aggregated offers must belong to one role and one agent: ${places[0]}, ${other}`;
}

/** The task as the cluster keeps it: resources in its format, defaults filled in. */
function adaptTask(task: TaskInfo, framework: Framework, role: string): TaskInfo {
  const adapt = (resources: Resources = []): MesosResource[] =>
    resources.map(({ role: reservedFor, allocation_info = { role }, ...resource }) => ({
      ...resource,
      ...(reservedFor === undefined || reservedFor === "*" ? {} : { role: reservedFor }),
      allocation_info,
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
  const { executor, resources = [] } = task;
  const message = taskError(task, { framework, agent, available });
  if (message || !executor) {
    tell(state, framework, {
      task,
      state: "TASK_ERROR",
      message: message ?? "Task should have ExecutorInfo present",
      reason: "REASON_TASK_INVALID",
    });
    return available;
  }
  const executors = inner(agent.executors, framework.id);
  const launchExecutor = !executors.has(executor.executor_id.value);
  let consumed: Resources = resources;
  if (launchExecutor) {
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
  const ids = { taskId: task.task_id.value, agentId: task.agent_id.value };
  state.sendUpdate(framework, state.newStatus({ ...status, ...ids }));
}
