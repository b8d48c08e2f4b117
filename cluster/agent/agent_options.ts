/**
 * What an agent is started with, and what is held of it then.
 *
 * @module
 */

import type { Credential } from "../../mesos/http/credential.ts";
import type { TlsOptions } from "../http/http_server.ts";

/** Options of {@linkcode startAgent}. */
export interface AgentOptions {
  /** Where the master is. */
  master: URL;
  /** Where sandboxes and checkpoints are kept. */
  workDirectory: string;
  /** The IP address to listen on. @default {"127.0.0.1"} */
  ip?: string;
  /** The name given to others. @default {ip} */
  hostname?: string;
  /** The TCP port; 0 is that of an earlier agent in the directory, or a free one. @default {0} */
  port?: number;
  /** Write down what the next agent in the directory needs to take over. @default {true} */
  keepsCheckpoints?: boolean;
  /** Such as `cpus:4;mem(batch):4096`; what is not named is as much as this machine has. */
  resources?: string;
  /** Such as `preemptible:false;rack:r1`. */
  attributes?: string;
  /** How long an executor has for its first SUBSCRIBE, in milliseconds. @default {60000} */
  executorRegistrationTimeoutMs?: number;
  /** How long executors have for coming back to a restarted agent, in ms. @default {2000} */
  executorReregistrationTimeoutMs?: number;
  /** How long an executor has after SHUTDOWN, in milliseconds. @default {5000} */
  executorShutdownGracePeriodMs?: number;
  /** How long executors wait for an agent that is away, in milliseconds. @default {900000} */
  recoveryTimeoutMs?: number;
  /** How long to wait for the acknowledgement of an update at first, in ms. @default {10000} */
  updateRetryMs?: number;
  /** Destroy containers left without cpus, as `--isolation=cgroups/cpu` does. @default {true} */
  isolateCpus?: boolean;
  /** Upper bound of the first wait before registering again, in milliseconds. @default {1000} */
  registrationBackoffMs?: number;
  /** Set for all executors. */
  executorEnvironmentVariables?: Readonly<Record<string, string>>;
  /** Start nothing for users other than the one that the agent runs as. @default {true} */
  switchUser?: boolean;
  /** What it proves to the master; the master and readers of its state and files must prove it, too. */
  credential?: Credential | undefined;
  /** When given, executors must authenticate themselves by tokens signed with this. */
  executorSecret?: string | undefined;
  /** Listen on this Unix socket as well, for executors. */
  domainSocket?: string;
  /** Speak TLS. */
  tls?: TlsOptions | undefined;
  /** PEM certificates to trust when the master speaks TLS. */
  caCertificates?: string | undefined;
}

/** A running agent. */
export interface AgentHandle {
  /** Given by the master; empty before the first registration. */
  readonly id: string;
  /** `HOST:PORT`. */
  readonly address: string;
  /** Where it is. */
  readonly url: URL;
  /** Settles with the first registration of this run. */
  readonly registered: Promise<void>;
  /** Ends all executors, then the agent. */
  stop(): Promise<void>;
  /** Drops all sockets and all memory, as SIGKILL would; executors and the work directory stay. */
  crash(): Promise<void>;
}
