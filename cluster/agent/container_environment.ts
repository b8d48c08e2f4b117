/**
 * The environment of an executor: variables of the agent and those that its framework sets. Pure.
 *
 * @see executorEnvironment in src/slave/slave.cpp in Mesos
 * @module
 */

import type { AgentId } from "../../mesos/ids.ts";
import type { ExecutorInfo } from "../../mesos/wire/messages.ts";
import { formatDuration } from "../protocol/duration.ts";

const MS_PER_NANOSECOND = 1e-6;

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface AgentEnvironment {
  agentId: AgentId;
  ip: string;
  port: number;
  /** Set for all executors, which inherit nothing from the agent's own environment. */
  executorEnvironmentVariables: Readonly<Record<string, string>>;
  domainSocket: string | undefined;
  recoveryTimeoutMs: number;
  executorReregistrationTimeoutMs: number;
  executorShutdownGracePeriodMs: number;
}

export interface ExecutorRun {
  info: ExecutorInfo;
  sandbox: string;
  authenticationToken: string | undefined;
}

/** The whole environment; the shell adds PWD. */
export function executorEnvironment(
  agent: AgentEnvironment,
  { info, sandbox, authenticationToken }: ExecutorRun,
): Record<string, string> {
  const { shutdown_grace_period } = info;
  const graceMs = shutdown_grace_period
    ? shutdown_grace_period.nanoseconds * MS_PER_NANOSECOND
    : agent.executorShutdownGracePeriodMs;
  const variables = info.command?.environment?.variables ?? [];
  return {
    PATH: DEFAULT_PATH,
    LIBPROCESS_IP: agent.ip,
    ...agent.executorEnvironmentVariables,
    LIBPROCESS_PORT: "0",
    MESOS_FRAMEWORK_ID: info.framework_id?.value ?? "",
    MESOS_EXECUTOR_ID: info.executor_id.value,
    MESOS_DIRECTORY: sandbox,
    MESOS_SANDBOX: sandbox,
    MESOS_SLAVE_ID: agent.agentId,
    MESOS_SLAVE_PID: `slave(1)@${agent.ip}:${agent.port}`,
    MESOS_AGENT_ENDPOINT: `${agent.ip}:${agent.port}`,
    MESOS_CHECKPOINT: "1",
    MESOS_HTTP_COMMAND_EXECUTOR: "0",
    ...(agent.domainSocket === undefined ? {} : { MESOS_DOMAIN_SOCKET: agent.domainSocket }),
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: formatDuration(graceMs),
    MESOS_RECOVERY_TIMEOUT: formatDuration(agent.recoveryTimeoutMs),
    MESOS_SUBSCRIPTION_BACKOFF_MAX: formatDuration(agent.executorReregistrationTimeoutMs),
    ...(authenticationToken === undefined
      ? {}
      : { MESOS_EXECUTOR_AUTHENTICATION_TOKEN: authenticationToken }),
    ...Object.fromEntries(variables.map(({ name, value = "" }) => [name, value])),
  };
}
