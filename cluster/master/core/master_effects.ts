/**
 * What the master wants done: its logic only decides, in order, and others do it.
 *
 * @module
 */

import type { AgentInfo, SchedulerEvent } from "../../../mesos/wire/messages.ts";
import type { AgentAddress, MasterMessage } from "../../protocol/agent_protocol.ts";

/** What the master waits for. Setting a timer again replaces it. */
export type MasterTimeout =
  | { type: "FRAMEWORK_FAILOVER"; frameworkId: string }
  | { type: "AGENT_PING"; agentId: string }
  | { type: "AGENT_REREGISTRATION"; agentId: string }
  | { type: "RECOVERED_AGENTS" };

export interface Registry {
  agents: AgentInfo[];
  /** Agents that are out of reach: id → since when, in milliseconds. */
  unreachable: Record<string, number>;
}

export type MasterEffect =
  | { type: "EVENT"; streamId: string; event: SchedulerEvent }
  | { type: "START_HEARTBEATS"; streamId: string }
  | { type: "CLOSE_STREAM"; streamId: string }
  | { type: "AGENT_MESSAGE"; linkId: string; message: MasterMessage }
  | { type: "PING"; agentId: string; address: AgentAddress; connected: boolean }
  | { type: "SAVE_REGISTRY"; registry: Registry }
  | { type: "SET_TIMER"; timeout: MasterTimeout; afterMs: number }
  | { type: "CLEAR_TIMER"; timeout: MasterTimeout };
