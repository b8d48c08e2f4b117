/**
 * The configuration of a batch system: settings of the user, and the parts that it works with.
 *
 * @module
 */

import type { FrameworkId } from "../mesos/ids.ts";
import type { StoredState } from "./core/change_log.ts";
import { atLeastMinimum } from "./core/executor_share.ts";
import type { FrameworkSettings } from "./core/framework_info.ts";
import type { TailReader } from "./executor_ends.ts";
import { executorIdFor } from "./executor_id.ts";
import type { DriverFactory } from "./mesos_link.ts";
import type { FrameworkRecord } from "./core/records.ts";
import type { ResourceLimits } from "./core/requirements.ts";
import type { SchedulerSettings, StdOutErrPaths } from "./core/settings.ts";
import type { Store } from "./store/store.ts";
import type { AgentLister } from "./unoffered_agents.ts";

/** What the user decided. */
export interface BatchSystemConfig {
  /** How the framework introduces itself. */
  readonly framework: FrameworkSettings;
  /** How executors are started and jobs ended. */
  readonly settings: Omit<
    SchedulerSettings,
    "executorIdFor" | "taskIdEpoch" | "workerCleanup" | "stdOutErrPaths"
  >;
  /** The most that one job may ask for. */
  readonly limits: ResourceLimits;
  /** How long to try to register with Mesos before giving up. */
  readonly registrationTimeoutMs: number;
  /** Resume this framework. */
  readonly frameworkId: FrameworkId | undefined;
  /** Names the files and directories of the workflow; undefined: a random UUID. */
  readonly workflowID?: string | undefined;
  /** Where files of output go; undefined: they stay in the sandboxes. */
  readonly batchLogsDir: string | undefined;
  /** Discard job output. */
  readonly noStdOutErr: boolean;
  /** Where jobs work; undefined: in their sandboxes. */
  readonly workDir: string | undefined;
  /** When work directories are removed. */
  readonly cleanWorkDir: "always" | "onSuccess" | "onError" | "never";
  /** Variables for local jobs, beyond those of this process. */
  readonly localEnvironment: Readonly<Record<string, string>>;
  /** A directory of this process for what is needed for a time. */
  readonly temporaryDirectory: string;
}

/** What the batch system works with. */
export interface BatchSystemParts {
  /** Keeps the records; closed by `shutdown`. */
  readonly store: Store;
  /** Makes a way to Mesos. */
  readonly createDriver: DriverFactory;
  /** Milliseconds since the Unix epoch, on a clock that never steps back. */
  readonly now: () => number;
  /** Reads the end of a file in a sandbox; without it no reason is given for the end of executors. */
  readonly readTail?: TailReader | undefined;
  /** Asks a master for its agents; without it nothing is said of those that it does not offer. */
  readonly listAgents?: AgentLister | undefined;
  /** Whether the process has no other use, so that orphans in it are those of local jobs. */
  readonly ownsProcess?: boolean | undefined;
  /** What was opened for this batch system alone; closed when it is disposed of. */
  readonly resources?: AsyncDisposableStack | undefined;
}

/**
 * The framework to resume: that of the store, or the one that the user names where the store knows
 * none, or was restored and may know an earlier one.
 */
export function resumedFrameworkId(
  { frameworkId, isRestored = false }: FrameworkRecord,
  config: { frameworkId: FrameworkId | undefined; settings: { isRestored: boolean } },
): string | undefined {
  const named = config.frameworkId;
  return config.settings.isRestored && !isRestored ? named ?? frameworkId : frameworkId ?? named;
}

/**
 * Reads a store.
 *
 * @throws {StoreError} when it can't be read.
 */
export function loadStore(store: Store, config: BatchSystemConfig): StoredState {
  const stored = store.load(initialFramework(config));
  stored.framework.frameworkId = resumedFrameworkId(stored.framework, config);
  return stored;
}

/** Enough that no two processes of one framework draw the same. */
const EPOCH_CHARACTERS = 8;

/** The settings of a scheduler's loop, with an epoch for the ids of its tasks. */
export function schedulerSettings(
  { settings, cleanWorkDir, workDir }: BatchSystemConfig,
  { workflowID, stdOutErrPaths }: { workflowID: string; stdOutErrPaths: StdOutErrPaths },
): SchedulerSettings {
  return {
    ...settings,
    executorIdFor,
    taskIdEpoch: crypto.randomUUID().slice(0, EPOCH_CHARACTERS),
    executorQuantities: atLeastMinimum(settings.executorQuantities),
    workerCleanup: { workflowID, cleanWorkDir, workDir },
    stdOutErrPaths,
  };
}

/** The record of a framework that has done nothing yet; its workflow has the id of the
 * configuration, or a new one. */
function initialFramework(config: BatchSystemConfig): FrameworkRecord {
  const { frameworkId, workflowID = crypto.randomUUID() } = config;
  return {
    ...(frameworkId ? { frameworkId } : {}),
    nextJobID: 1,
    workflowID,
    ignoredNodes: [],
    usesGpus: false,
  };
}
