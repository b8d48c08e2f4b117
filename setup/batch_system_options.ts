/**
 * The options of a batch system: those of `toil-mesos scheduler`, in camelCase.
 *
 * @module
 */

import type { FrameworkId } from "../mesos/ids.ts";
import type { LogFormat, LogLevelName } from "../support/log.ts";

/** Bytes, or a size such as `"2Gi"` or `"500 MB"`. */
export type Size = number | string;

/** Milliseconds, or a duration such as `"5s"` or `"1w"`. */
export type Duration = number | string;

/** Options of a batch system; every one has a default. */
export interface BatchSystemOptions {
  /**
   * The Mesos: `HOST[:PORT]`, `http(s)://HOST:PORT`, several with commas, `zk://HOST:PORT,…/PATH`,
   * or `local[:AGENTS]` for an embedded one that lives as long as the batch system. Default: this
   * host, port 5050.
   */
  readonly endpoint?: string | undefined;
  /** The directory of the store. Default: the state is kept in memory and ends with the process. */
  readonly state?: string | undefined;
  /** The state was restored from a backup, or has lost what was written last. Default: false. */
  readonly restoredState?: boolean | undefined;
  /** Name of the framework. Default: `toil`. */
  readonly name?: string | undefined;
  /** Mesos roles to receive offers for. Default: `*`. */
  readonly role?: readonly string[] | undefined;
  /** Resume this framework. */
  readonly frameworkId?: FrameworkId | undefined;
  /** How long Mesos keeps the tasks without a scheduler. Default: 1w with `state`, else 10m. */
  readonly failoverTimeout?: Duration | undefined;
  /** The user that executors run as. Default: the user of this process. */
  readonly user?: string | undefined;
  /** Principal to authenticate with. */
  readonly principal?: string | undefined;
  /** File with the principal's secret, readable by its owner only. */
  readonly secretFile?: string | undefined;
  /** File with PEM certificates to trust for https. */
  readonly caFile?: string | undefined;
  /** File with PEM certificates that executors trust for agents that speak TLS. */
  readonly executorCaFile?: string | undefined;
  /**
   * `HOST[:PORT]` under which nodes reach the file server of this process, which then listens on
   * PORT on all interfaces. Default: the address of the way to the master, and any free port.
   */
  readonly advertise?: string | undefined;
  /** File or directory to deploy to every node. */
  readonly userScript?: string | undefined;
  /** What of a user-script directory stays here: patterns, as in .gitignore. */
  readonly userScriptExclude?: readonly string[] | undefined;
  /** A user script that Toil has put into its job store, as its `Resource.pickle()` gives it. */
  readonly toilResource?: string | undefined;
  /** Shell command that starts the executor. Default: this program. */
  readonly executorCommand?: string | undefined;
  /** What agents fetch before they start the executor; `self`: this program, from here. */
  readonly executorUri?: string | undefined;
  /** Cores of the executor itself, which it lends to jobs. Default, and least: 0.01. */
  readonly executorCpus?: number | undefined;
  /** Memory of the executor itself. Default: 128Mi. */
  readonly executorMemory?: Size | undefined;
  /** Disk of the executor itself. Default: 256Mi where it fetches anything, else 32Mi. */
  readonly executorDisk?: Size | undefined;
  /** Most cores that one job may request. Default: no limit. */
  readonly maxCores?: number | undefined;
  /** Most memory that one job may request. Default: no limit. */
  readonly maxMemory?: Size | undefined;
  /** Most disk that one job may request. Default: no limit. */
  readonly maxDisk?: Size | undefined;
  /** How many local jobs run at a time. Default: one per cpu. */
  readonly maxLocalJobs?: number | undefined;
  /** Names the files and directories of a workflow. Default: a random UUID. */
  readonly workflowId?: string | undefined;
  /** Directory for the output of jobs, shared by all nodes. Default: the sandboxes. */
  readonly batchLogsDir?: string | undefined;
  /** Discard the output of jobs. Default: false. */
  readonly noStdOutErr?: boolean | undefined;
  /** Where jobs work on the nodes. Default: the sandbox. */
  readonly workDir?: string | undefined;
  /** When the directory of an ended job is removed. Default: always. */
  readonly cleanWorkDir?: "always" | "onSuccess" | "onError" | "never" | undefined;
  /** How long to wait for the registration with Mesos. Default: 60s. */
  readonly registrationTimeout?: Duration | undefined;
  /** Time between TERM and KILL when a job is ended. Default: 5s. */
  readonly killGrace?: Duration | undefined;
  /** For how long short jobs share a task; 0: one task per job. Default: 1s. */
  readonly bundle?: Duration | undefined;
  /** How long to wait for a node that can't be reached before its jobs are LOST. Default: 10m. */
  readonly unreachableTimeout?: Duration | undefined;
  /** Log level of the executors. Default: INFO. */
  readonly logLevel?: LogLevelName | undefined;
  /** Log format of the executors. Default: text. */
  readonly logFormat?: LogFormat | undefined;
}
