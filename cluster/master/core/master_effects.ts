/**
 * The effects of the master's logic, which only decides; the shell carries them out in order.
 *
 * @module
 */

import type { AgentId, FrameworkId } from "../../../mesos/ids.ts";
import type { AgentInfo, SchedulerEvent } from "../../../mesos/wire/messages.ts";
import type { AgentAddress, MasterMessage } from "../../protocol/agent_protocol.ts";

export type MasterTimeout =
  | { type: "FRAMEWORK_FAILOVER"; frameworkId: FrameworkId }
  | { type: "AGENT_PING"; agentId: AgentId }
  | { type: "AGENT_REREGISTRATION"; agentId: AgentId }
  | { type: "RECOVERED_AGENTS" };

export interface Registry {
  agents: AgentInfo[];
  /** Unreachable agents: id → since when, in milliseconds. */
  unreachable: Record<string, number>;
}

export type MasterEffect =
  | { type: "EVENT"; streamId: string; event: SchedulerEvent }
  | { type: "START_HEARTBEATS"; streamId: string }
  | { type: "CLOSE_STREAM"; streamId: string }
  | { type: "AGENT_MESSAGE"; linkId: string; message: MasterMessage }
  | { type: "PING"; agentId: AgentId; address: AgentAddress; connected: boolean }
  | { type: "SAVE_REGISTRY"; registry: Registry }
  | { type: "SET_TIMER"; timeout: MasterTimeout; afterMs: number }
  | { type: "CLEAR_TIMER"; timeout: MasterTimeout };
