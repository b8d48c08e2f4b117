/**
 * The master's logic: an input and the state give effects. Pure.
 *
 * @module
 */

import type { AgentId } from "../../../mesos/ids.ts";
import type { SchedulerCall, SchedulerCallSubscribe } from "../../../mesos/wire/messages.ts";
import type { AgentMessage, Registration } from "../../protocol/agent_protocol.ts";
import { accept } from "./accept.ts";
import {
  linkClosed,
  pingTimedOut,
  pong,
  recoveredAgentsTimedOut,
  registerAgent,
  reregistrationTimedOut,
} from "./registered_agents.ts";
import type { MasterEffect, MasterTimeout } from "./master_effects.ts";
import { decline, makeOffers, revive, suppress } from "./outstanding_offers.ts";
import { reconcile } from "./reconcile.ts";
import type { Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";
import {
  failoverTimedOut,
  removeFramework,
  streamClosed,
  subscribe,
} from "./framework_subscription.ts";
import { acknowledge, agentMessage, kill, passToExecutor } from "./master_tasks.ts";

export type MasterInput =
  | { type: "START" }
  | { type: "SUBSCRIBE"; streamId: string; subscribe: SchedulerCallSubscribe }
  | { type: "STREAM_CLOSED"; streamId: string }
  | { type: "CALL"; framework: Framework; call: SchedulerCall }
  | { type: "REGISTER"; linkId: string; registration: Registration }
  | { type: "LINK_CLOSED"; linkId: string }
  | { type: "AGENT_MESSAGE"; linkId: string; message: AgentMessage }
  | { type: "PONG"; agentId: AgentId }
  | { type: "TIMEOUT"; timeout: MasterTimeout }
  | { type: "ALLOCATE" };

export function step(state: MasterState, input: MasterInput): MasterEffect[] {
  take(state, input);
  if (state.allocator.due) makeOffers(state, state.allocator.allocate(state.nowMs));
  return state.takeEffects();
}

function take(state: MasterState, input: MasterInput): void {
  switch (input.type) {
    case "START":
      return start(state);
    case "SUBSCRIBE":
      return subscribe(state, input.streamId, input.subscribe);
    case "STREAM_CLOSED":
      return streamClosed(state, input.streamId);
    case "CALL":
      return takeCall(state, input.framework, input.call);
    case "REGISTER":
      return registerAgent(state, input.linkId, input.registration);
    case "LINK_CLOSED":
      return linkClosed(state, input.linkId);
    case "AGENT_MESSAGE": {
      const agent = [...state.agents.values()].find(({ linkId }) => linkId === input.linkId);
      // Messages of a removed agent are ignored until it has registered again.
      return agent && agentMessage(state, agent, input.message);
    }
    case "PONG":
      return pong(state, input.agentId);
    case "TIMEOUT":
      return takeTimeout(state, input.timeout);
    case "ALLOCATE":
      return state.allocator.requestAllocation();
  }
}

function start(state: MasterState): void {
  if (state.recoveredAgents.size === 0) return;
  const afterMs = state.options.agentReregisterTimeoutMs;
  state.want({ type: "SET_TIMER", timeout: { type: "RECOVERED_AGENTS" }, afterMs });
}

function takeTimeout(state: MasterState, timeout: MasterTimeout): void {
  switch (timeout.type) {
    case "FRAMEWORK_FAILOVER":
      return failoverTimedOut(state, timeout.frameworkId);
    case "AGENT_PING":
      return pingTimedOut(state, timeout.agentId);
    case "AGENT_REREGISTRATION":
      return reregistrationTimedOut(state, timeout.agentId);
    case "RECOVERED_AGENTS":
      return recoveredAgentsTimedOut(state);
  }
}

function takeCall(state: MasterState, framework: Framework, call: SchedulerCall): void {
  switch (call.type) {
    case "TEARDOWN":
      return removeFramework(state, framework);
    case "ACCEPT":
      return accept(state, framework, call.accept ?? {});
    case "DECLINE":
      return decline(state, call.decline ?? {});
    case "REVIVE":
      return revive(state, framework, call.revive ?? {});
    case "SUPPRESS":
      return suppress(state, framework, call.suppress ?? {});
    case "KILL":
      return call.kill && kill(state, framework, call.kill);
    case "SHUTDOWN":
      return call.shutdown && passToExecutor(state, framework, call.shutdown);
    case "ACKNOWLEDGE":
      return call.acknowledge && acknowledge(state, framework, call.acknowledge);
    case "RECONCILE":
      return reconcile(state, framework, call.reconcile ?? {});
    case "MESSAGE":
      return call.message && passToExecutor(state, framework, call.message);
    default:
      // REQUEST and the answers to inverse offers change nothing: this master makes no such offers.
  }
}
