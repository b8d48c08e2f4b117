/**
 * The options of `toil-mesos scheduler` as the batch system wants them.
 *
 * @module
 */

import { userInfo } from "node:os";
import { resolve } from "node:path";
import type { BatchSystemConfig } from "../../scheduler/batch_system_config.ts";
import { wholeMebibytes } from "../../scheduler/core/quantities.ts";
import type { ResourceLimits } from "../../scheduler/core/requirements.ts";
import { EXECUTOR_TAIL_MS } from "../../job/executor_tail.ts";
import { cpuCount } from "../../support/cpu_count.ts";
import { MEBIBYTE, parseDuration } from "../../support/units.ts";
import { executorCommandInfo } from "../../setup/executor_command.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";

/** How long Mesos keeps the jobs of a scheduler that can resume them. */
const FAILOVER_DURABLE = "1w";
/** The same for one that can't: its connection may break and come back, no more. */
const FAILOVER_IN_MEMORY = "10m";

/** What an executor keeps in its sandbox: its log, and the program and the user script where it has to
 * fetch them. An agent that enforces quotas takes what nobody asked for off the jobs. */
const EXECUTOR_DISK_BYTES = 32 * MEBIBYTE;
const EXECUTOR_DISK_WITH_FETCHED_BYTES = 256 * MEBIBYTE;

/** What the options do not tell. */
export interface Circumstances {
  /** The most that a job may ask for. */
  readonly limits: ResourceLimits;
  /** For files that nobody needs afterwards. */
  readonly temporaryDirectory: string;
  /** How this program is started anew: words for a shell. */
  readonly selfCommand: string;
  /** What agents fetch before they start it. */
  readonly executorUri: string | undefined;
  /** Whether the Mesos is one of our own, that ends with this process. */
  readonly isTemporary: boolean;
}

/** The configuration of the batch system. */
export function toBatchSystemConfig(
  options: SchedulerOptions,
  { limits, temporaryDirectory, selfCommand, executorUri, isTemporary }: Circumstances,
): BatchSystemConfig {
  const failover = options.state === undefined ? FAILOVER_IN_MEMORY : FAILOVER_DURABLE;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(path);
  const userScript = absolute(options.userScript);
  return {
    framework: {
      name: options.name,
      user: options.user ?? currentUser(),
      roles: options.role,
      principal: isTemporary ? undefined : options.principal,
      hostname: Deno.hostname(),
      failoverTimeoutMs: options.failoverTimeout ?? parseDuration(failover),
    },
    settings: {
      executorCommand: executorCommandInfo({
        executorCommand: options.executorCommand,
        uri: executorUri,
        selfCommand,
        environment: {
          TOIL_MESOS_LOG_LEVEL: options.logLevel,
          TOIL_MESOS_LOG_FORMAT: options.logFormat,
        },
      }),
      executorQuantities: {
        cpusMilli: Math.round(options.executorCpus * 1000),
        memoryBytes: wholeMebibytes(options.executorMemory),
        diskBytes: wholeMebibytes(executorDisk(options)),
        gpus: 0,
      },
      executorShutdownGraceMs: options.killGrace + EXECUTOR_TAIL_MS,
      killGraceMs: options.killGrace,
      unreachableTimeoutMs: options.unreachableTimeout,
      mesosIsTemporary: isTemporary,
      maxLocalJobs: options.maxLocalJobs ?? cpuCount(),
      localNode: Deno.hostname(),
    },
    limits,
    registrationTimeoutMs: options.registrationTimeout,
    frameworkId: options.frameworkId,
    batchLogsDir: absolute(options.batchLogsDir),
    noStdOutErr: options.noStdOutErr,
    workDir: absolute(options.workDir),
    cleanWorkDir: options.cleanWorkDir,
    localEnvironment: userScript ? { TOIL_MESOS_USER_SCRIPT: userScript } : {},
    temporaryDirectory,
  };
}

function executorDisk({ executorDisk, executorUri, userScript }: SchedulerOptions): number {
  const isFetched = executorUri !== undefined || userScript !== undefined;
  return executorDisk ?? (isFetched ? EXECUTOR_DISK_WITH_FETCHED_BYTES : EXECUTOR_DISK_BYTES);
}

/** In a container the user often has a number alone. */
function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(Deno.uid());
  }
}
