/**
 * The environment variables that an agent sets for its executors.
 *
 * @see docs/executor-http-api.md in the Mesos documentation
 * @module
 */

import { parseDuration } from "../support/units.ts";
import { asError } from "../support/reason.ts";
import type { ExecutorId, FrameworkId } from "./ids.ts";

/** The variable with the secret that an executor shares with its agent. */
export const AUTHENTICATION_TOKEN_ENV_NAME = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN";

/** The variable with the PEM certificates that executors of a scheduler trust. */
export const EXECUTOR_CA_ENV_NAME = "TOIL_MESOS_EXECUTOR_CA";

/**
 * How many attempts to subscribe fit into the longest backoff that the agent allows. Its
 * re-registration timeout is as long: an executor that waited for all of it would come too late and
 * lose its jobs.
 */
const ATTEMPTS_PER_BACKOFF = 4;

/** The address of the agent, the ids of this executor, and its timeouts. */
export interface ExecutorEnvironment {
  /** `HOST:PORT` of the agent. */
  agentEndpoint: string;
  /** Whether the agent serves HTTPS. */
  tls: boolean;
  /** PEM certificates to trust besides those of the system when the agent serves HTTPS. */
  caCertificates: string | undefined;
  /** The path of a file with such certificates on the node. */
  caFile: string | undefined;
  /** The agent's name at its address, such as `slave(1)`; undefined if not given. */
  agentProcess: string | undefined;
  /** A Unix socket on which the agent listens as well. */
  domainSocket: string | undefined;
  /** The framework that this executor belongs to. */
  frameworkId: FrameworkId;
  /** The id of this executor. */
  executorId: ExecutorId;
  /** The sandbox: an absolute path. */
  sandboxDirectory: string;
  /** Whether the executor survives a restart of the agent. */
  checkpoint: boolean;
  /** How long to wait for an agent to restart, in milliseconds. */
  recoveryTimeoutMs: number;
  /** The longest backoff between two attempts to subscribe, in milliseconds. */
  subscriptionBackoffMaxMs: number;
  /** The time between SHUTDOWN and SIGKILL, in milliseconds. */
  shutdownGracePeriodMs: number;
  /** Authenticates the executor to the agent, if required. A secret. */
  authenticationToken: string | undefined;
}

/** Thrown when no Mesos agent started the executor. */
export class NotUnderMesosError extends Error {
  /** The class name. */
  override readonly name = "NotUnderMesosError";
  /** The environment does not change. */
  readonly retryable = false;
  /** The variables that are not set, or the one that can't be read. */
  readonly variables: readonly string[];

  /**
   * Creates an error that names the variables.
   *
   * @param state The problem.
   * @param variables The names of the variables.
   */
  constructor(state: string, variables: readonly string[], options: ErrorOptions = {}) {
    const advice = "A Mesos agent starts the executor and sets its environment";
    super(`Cannot run as an executor: ${state}. ${advice}`, options);
    this.variables = variables;
  }
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

function duration(environment: Environment, name: string, defaultMs: number): number {
  const text = environment[name];
  if (text === undefined) return defaultMs;
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new NotUnderMesosError(`${name}: ${asError(cause).message}`, [name], { cause });
  }
}

function isTrue(text: string | undefined): boolean {
  return text === "1" || text?.toLowerCase() === "true";
}

/**
 * Reads the environment of an executor. Older agents use other names for two of the variables.
 *
 * @throws {NotUnderMesosError} when a variable that only an agent can set is missing or can't be
 * parsed.
 */
export function readExecutorEnvironment(environment: Environment): ExecutorEnvironment {
  const agentEndpoint = environment["MESOS_AGENT_ENDPOINT"] ?? environment["MESOS_SLAVE_ENDPOINT"];
  const sandboxDirectory = environment["MESOS_SANDBOX"] ?? environment["MESOS_DIRECTORY"];
  const frameworkId = environment["MESOS_FRAMEWORK_ID"];
  const executorId = environment["MESOS_EXECUTOR_ID"];
  if (!agentEndpoint || !sandboxDirectory || !frameworkId || !executorId) {
    const missing = [
      ...(agentEndpoint ? [] : ["MESOS_AGENT_ENDPOINT"]),
      ...(sandboxDirectory ? [] : ["MESOS_SANDBOX"]),
      ...(frameworkId ? [] : ["MESOS_FRAMEWORK_ID"]),
      ...(executorId ? [] : ["MESOS_EXECUTOR_ID"]),
    ];
    throw new NotUnderMesosError(`${missing.join(", ")} not set`, missing);
  }
  if (!URL.canParse(`http://${agentEndpoint}`)) {
    const state = `MESOS_AGENT_ENDPOINT: Cannot read "${agentEndpoint}" as HOST:PORT`;
    throw new NotUnderMesosError(state, ["MESOS_AGENT_ENDPOINT"]);
  }
  return {
    agentEndpoint,
    sandboxDirectory,
    frameworkId,
    executorId,
    tls: isTrue(environment["LIBPROCESS_SSL_ENABLED"]) || isTrue(environment["SSL_ENABLED"]),
    caCertificates: environment[EXECUTOR_CA_ENV_NAME] || undefined,
    caFile: environment["LIBPROCESS_SSL_CA_FILE"] || environment["SSL_CA_FILE"] || undefined,
    // NAME@HOST:PORT
    agentProcess: environment["MESOS_SLAVE_PID"]?.split("@")[0] || undefined,
    domainSocket: environment["MESOS_DOMAIN_SOCKET"] || undefined,
    checkpoint: isTrue(environment["MESOS_CHECKPOINT"]),
    recoveryTimeoutMs: duration(environment, "MESOS_RECOVERY_TIMEOUT", 15 * 60_000),
    subscriptionBackoffMaxMs: duration(environment, "MESOS_SUBSCRIPTION_BACKOFF_MAX", 2_000) /
      ATTEMPTS_PER_BACKOFF,
    shutdownGracePeriodMs: duration(environment, "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", 5_000),
    authenticationToken: environment[AUTHENTICATION_TOKEN_ENV_NAME] || undefined,
  };
}
