/**
 * The options of an agent, and the handle of a running one.
 *
 * @module
 */

import type { Credential } from "../../mesos/http/credential.ts";
import type { AgentId } from "../../mesos/ids.ts";

/** Options of {@linkcode startAgent}. */
export interface AgentOptions {
  /** URL of the master. */
  master: URL;
  /** Directory for sandboxes and checkpoints. */
  workDirectory: string;
  /** The IP address to listen on. @default {"127.0.0.1"} */
  ip?: string;
  /** The host name to advertise. @default {ip} */
  hostname?: string;
  /**
   * The TCP port; 0 reuses the port of an earlier agent in the directory, or picks a free one.
   * @default {0}
   */
  port?: number;
  /**
   * Write the checkpoints that the next agent in the directory needs to take over. @default {true}
   */
  keepsCheckpoints?: boolean;
  /**
   * For example `cpus:4;mem(batch):4096`; resources that are not named default to this machine's.
   */
  resources?: string;
  /** For example `preemptible:false;rack:r1`. */
  attributes?: string;
  /** How long an executor has for its first SUBSCRIBE, in milliseconds. @default {60000} */
  executorRegistrationTimeoutMs?: number;
  /** How long executors have to reconnect to a restarted agent, in ms. @default {2000} */
  executorReregistrationTimeoutMs?: number;
  /** How long an executor has after SHUTDOWN, in milliseconds. @default {5000} */
  executorShutdownGracePeriodMs?: number;
  /** How long executors wait for a disconnected agent, in milliseconds. @default {900000} */
  recoveryTimeoutMs?: number;
  /** How long to wait before an unacknowledged update is first resent, in ms. @default {10000} */
  updateRetryMs?: number;
  /**
   * Destroy containers that have no cpus left, as `--isolation=cgroups/cpu` does. @default {true}
   */
  isolateCpus?: boolean;
  /** Upper bound of the first backoff before re-registration, in milliseconds. @default {1000} */
  registrationBackoffMs?: number;
  /** Environment variables of all executors. */
  executorEnvironmentVariables?: Readonly<Record<string, string>>;
  /** Refuse tasks for users other than the one that the agent runs as. @default {true} */
  switchUser?: boolean;
  /**
   * Authenticates the agent to the master, and the master and readers of its state and files to it.
   */
  credential?: Credential | undefined;
  /** When given, executors must authenticate with tokens signed with this secret. */
  executorSecret?: string | undefined;
  /** Listen on this Unix socket as well, for executors. */
  domainSocket?: string;
}

/** A running agent. */
export interface AgentHandle {
  /** The id that the master assigned; empty before the first registration. */
  readonly id: AgentId;
  /** `HOST:PORT`. */
  readonly address: string;
  /** Its base URL. */
  readonly url: URL;
  /** Resolves at the first registration of this run. */
  readonly registered: Promise<void>;
  /** Shuts down all executors, then the agent. */
  stop(): Promise<void>;
  /**
   * Drops all sockets and all memory, as SIGKILL would; executors and the work directory survive.
   */
  crash(): Promise<void>;
}
