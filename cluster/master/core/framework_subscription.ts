/**
 * The lifecycle of frameworks: subscription, update, failover, removal. Pure.
 *
 * ```text
 *            SUBSCRIBE              stream closed
 *  (unknown) ─────────► CONNECTED ──────────────► DISCONNECTED ──failover_timeout──► completed
 *      │ an agent with        ▲ ▲                     │                                  ▲
 *      ▼ its tasks            │ └───── SUBSCRIBE ─────┘            TEARDOWN ─────────────┘
 *  RECOVERED ──SUBSCRIBE──────┘
 * ```
 *
 * @module
 */

import type { FrameworkId } from "../../../mesos/ids.ts";
import type {
  FrameworkInfo,
  SchedulerCallSubscribe,
  SchedulerCallUpdateFramework,
} from "../../../mesos/wire/messages.ts";
import { frameworkError, frameworkUpdateError } from "./framework_validation.ts";
import { type Framework, newFramework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

export function subscribe(
  state: MasterState,
  streamId: string,
  { framework_info, suppressed_roles = [] }: SchedulerCallSubscribe,
): void {
  const error = subscriptionError(state, framework_info, suppressed_roles);
  if (error) return refuse(state, streamId, error);
  const id = framework_info.id?.value || state.newId("framework");
  const info = { ...framework_info, id: { value: id } };
  const known = state.frameworks.get(id);
  if (known) return resubscribe(state, known, { streamId, info, suppressed_roles });
  const framework = newFramework(info);
  state.addFramework(framework);
  const view = state.allocatorView(framework, suppressed_roles);
  state.allocator.addFramework(id, { ...view, active: true });
  connect(state, framework, streamId);
  // A framework with an id predates this master, and agents may know it.
  if (framework_info.id?.value) broadcastUpdate(state, framework);
}

function subscriptionError(
  state: MasterState,
  info: FrameworkInfo,
  suppressedRoles: readonly string[],
): string | undefined {
  const error = frameworkError(info, suppressedRoles);
  if (error) return error;
  return state.completedFrameworks.has(info.id?.value ?? "")
    ? "Framework has been removed"
    : undefined;
}

function refuse(state: MasterState, streamId: string, message: string): void {
  state.want({ type: "EVENT", streamId, event: { type: "ERROR", error: { message } } });
  state.want({ type: "CLOSE_STREAM", streamId });
}

function resubscribe(
  state: MasterState,
  framework: Framework,
  { streamId, info, suppressed_roles }: {
    streamId: string;
    info: FrameworkInfo;
    suppressed_roles: readonly string[];
  },
): void {
  // A later SUBSCRIBE can't change these two, as in Mesos.
  const { user, checkpoint } = framework.info;
  const kept = { ...info, user, checkpoint };
  const error = frameworkUpdateError(framework.info, kept);
  if (error) return refuse(state, streamId, error);
  framework.info = kept;
  state.allocator.updateFramework(framework.id, state.allocatorView(framework, suppressed_roles));
  if (framework.connection === "CONNECTED") {
    state.sendEvent(framework, { type: "ERROR", error: { message: "Framework failed over" } });
    closeStream(state, framework);
  }
  for (const offer of [...framework.offers.values()]) state.discardOffer(offer);
  connect(state, framework, streamId);
  broadcastUpdate(state, framework);
}

function connect(state: MasterState, framework: Framework, streamId: string): void {
  framework.streamId = streamId;
  framework.connection = "CONNECTED";
  state.want({
    type: "CLEAR_TIMER",
    timeout: { type: "FRAMEWORK_FAILOVER", frameworkId: framework.id },
  });
  if (!framework.active) state.allocator.activateFramework(framework.id);
  framework.active = true;
  state.sendEvent(framework, {
    type: "SUBSCRIBED",
    subscribed: {
      framework_id: { value: framework.id },
      heartbeat_interval_seconds: state.options.heartbeatIntervalMs / 1000,
      master_info: state.options.info,
    },
  });
  state.want({ type: "START_HEARTBEATS", streamId });
}

function closeStream(state: MasterState, framework: Framework): void {
  const { streamId } = framework;
  framework.streamId = undefined;
  if (streamId !== undefined) state.want({ type: "CLOSE_STREAM", streamId });
}

function broadcastUpdate(state: MasterState, framework: Framework): void {
  for (const agent of state.agents.values()) {
    state.sendToAgent(agent, { type: "UPDATE_FRAMEWORK", framework: framework.info });
  }
}

export function streamClosed(state: MasterState, streamId: string): void {
  const framework = [...state.frameworks.values()].find((each) => each.streamId === streamId);
  if (!framework) return;
  deactivate(state, framework);
  framework.streamId = undefined;
  framework.connection = "DISCONNECTED";
  state.want({
    type: "SET_TIMER",
    timeout: { type: "FRAMEWORK_FAILOVER", frameworkId: framework.id },
    afterMs: (framework.info.failover_timeout ?? 0) * 1000,
  });
}

function deactivate(state: MasterState, framework: Framework): void {
  if (!framework.active) return;
  framework.active = false;
  state.allocator.deactivateFramework(framework.id);
  for (const offer of [...framework.offers.values()]) state.discardOffer(offer);
}

export function failoverTimedOut(state: MasterState, frameworkId: FrameworkId): void {
  const framework = state.frameworks.get(frameworkId);
  if (framework && framework.connection !== "CONNECTED") removeFramework(state, framework);
}

export function removeFramework(state: MasterState, framework: Framework): void {
  deactivate(state, framework);
  const { id } = framework;
  for (const agent of state.agents.values()) {
    state.sendToAgent(agent, { type: "SHUTDOWN_FRAMEWORK", frameworkId: id });
  }
  const killed = {
    state: "TASK_KILLED" as const,
    message: `Framework ${id} removed`,
    reason: "REASON_FRAMEWORK_REMOVED" as const,
  };
  for (const task of [...framework.tasks.values(), ...framework.unreachableTasks.values()]) {
    const { taskId, agentId, executorId } = task;
    const status = state.newStatus({ ...killed, taskId, agentId, executorId });
    state.updateTask(task, status, undefined);
    state.removeTask(task);
  }
  framework.unreachableTasks.clear();
  for (const agent of state.agents.values()) {
    for (const executorId of [...agent.executors.get(id)?.keys() ?? []]) {
      state.removeExecutor(agent, id, executorId);
    }
  }
  closeStream(state, framework);
  state.want({ type: "CLEAR_TIMER", timeout: { type: "FRAMEWORK_FAILOVER", frameworkId: id } });
  framework.connection = "DISCONNECTED";
  state.frameworks.delete(id);
  state.allocator.removeFramework(id);
  state.completedFrameworks.set(id, framework);
}

/** Adds a framework that agents know and that has not subscribed since this master started. */
export function recoverFramework(state: MasterState, info: FrameworkInfo): void {
  const framework = newFramework(info);
  state.addFramework(framework);
  const view = state.allocatorView(framework, []);
  state.allocator.addFramework(framework.id, { ...view, active: false });
}

/** Updates a framework's info; returns the error if the change is invalid. */
export function updateFramework(
  state: MasterState,
  framework: Framework,
  { framework_info, suppressed_roles = [] }: SchedulerCallUpdateFramework,
): string | undefined {
  const invalid = subscriptionError(state, framework_info, suppressed_roles);
  if (invalid) return `Supplied FrameworkInfo is not valid: ${invalid}`;
  const forbidden = frameworkUpdateError(framework.info, framework_info);
  if (forbidden) return `FrameworkInfo update is not valid: ${forbidden}`;
  framework.info = framework_info;
  state.allocator.updateFramework(framework.id, state.allocatorView(framework, suppressed_roles));
  broadcastUpdate(state, framework);
  return undefined;
}
