/**
 * From options to settings: every default, and every time that follows from an option. Pure.
 *
 * @module
 */

import { resolve } from "node:path";
import { EXECUTOR_TAIL_MS } from "../job/executor_tail.ts";
import type { BatchSystemConfig } from "../scheduler/batch_system_config.ts";
import { EXECUTOR_CA_ENV_NAME } from "../mesos/executor_environment.ts";
import { wholeMebibytes } from "../scheduler/core/quantities.ts";
import { MAX_DURATION_MS, MEBIBYTE, parseDuration, parseSize } from "../support/units.ts";
import { UsageError } from "../support/usage_error.ts";
import type { BatchSystemOptions, Duration, Size } from "./batch_system_options.ts";
import { executorCommandInfo, SELF_URI } from "./executor_command.ts";

/** How long Mesos keeps the jobs of a scheduler that can resume them. */
const FAILOVER_DURABLE = "1w";
/** The same for one that can't: its connection may break and come back, no more. */
const FAILOVER_IN_MEMORY = "10m";

/** An executor keeps its log in its sandbox, and the program and the user script where it fetches
 * them. An agent that enforces quotas takes unrequested disk off the jobs. */
const EXECUTOR_DISK_BYTES = 32 * MEBIBYTE;
const EXECUTOR_DISK_WITH_FETCHED_BYTES = 256 * MEBIBYTE;

/** The host and the run, as far as settings depend on them. */
export interface Surroundings {
  /** A directory for the files of this run. */
  readonly temporaryDirectory: string;
  /** Words for a shell that start this program. */
  readonly selfCommand: string;
  /** What agents fetch before they start it. */
  readonly executorUri: string | undefined;
  /** PEM certificates that executors trust. */
  readonly executorCertificates: string | undefined;
  /** Whether clients may deploy a user script while the scheduler runs. */
  readonly mayDeployLater: boolean;
  /** Whether the Mesos is embedded, and ends with this process. */
  readonly isTemporary: boolean;
  /** Name of this host. */
  readonly hostname: string;
  /** The user of this process. */
  readonly user: string;
  /** What the scheduler authenticates as; the master compares the two. */
  readonly principal: string | undefined;
  /** The cpus of this host. */
  readonly cpus: number;
}

/**
 * The configuration of a batch system.
 *
 * @throws {RangeError} when a number, size or duration cannot be parsed, or is out of range.
 * @throws {UsageError} when no local job could ever run.
 */
export function toBatchSystemConfig(
  options: BatchSystemOptions,
  surroundings: Surroundings,
): BatchSystemConfig {
  const { temporaryDirectory, selfCommand, executorUri, isTemporary, hostname } = surroundings;
  const { executorCertificates } = surroundings;
  const failover = options.state === undefined ? FAILOVER_IN_MEMORY : FAILOVER_DURABLE;
  const killGraceMs = milliseconds(options.killGrace ?? "5s");
  const userScript = absolute(options.userScript);
  return {
    framework: {
      name: options.name ?? "toil",
      user: options.user ?? surroundings.user,
      roles: options.role ?? [],
      principal: surroundings.principal,
      hostname,
      failoverTimeoutMs: milliseconds(options.failoverTimeout ?? failover),
    },
    settings: {
      executorCommand: executorCommandInfo({
        executorCommand: options.executorCommand,
        uri: executorUri,
        isCacheable: options.executorUri === SELF_URI,
        selfCommand,
        environment: {
          TOIL_MESOS_LOG_LEVEL: options.logLevel ?? "INFO",
          TOIL_MESOS_LOG_FORMAT: options.logFormat ?? "text",
          ...(executorCertificates ? { [EXECUTOR_CA_ENV_NAME]: executorCertificates } : {}),
        },
      }),
      executorQuantities: {
        cpusMilli: Math.round(cores(options.executorCpus ?? 0.01) * 1000),
        memoryBytes: wholeMebibytes(bytes(options.executorMemory ?? "128Mi")),
        diskBytes: wholeMebibytes(executorDisk(options, surroundings)),
        gpus: 0,
      },
      executorShutdownGraceMs: killGraceMs + EXECUTOR_TAIL_MS,
      bundleMs: milliseconds(options.bundle ?? "1s"),
      killGraceMs,
      unreachableTimeoutMs: milliseconds(options.unreachableTimeout ?? "10m"),
      isRestored: options.restoredState ?? false,
      mesosIsTemporary: isTemporary,
      maxLocalJobs: atLeastOne(options.maxLocalJobs ?? surroundings.cpus),
      localNode: hostname,
    },
    limits: {
      maxCores: cores(options.maxCores ?? Infinity),
      maxMemory: bytes(options.maxMemory ?? Infinity),
      maxDisk: bytes(options.maxDisk ?? Infinity),
    },
    registrationTimeoutMs: milliseconds(options.registrationTimeout ?? "60s"),
    frameworkId: options.frameworkId,
    workflowID: options.workflowId,
    batchLogsDir: absolute(options.batchLogsDir),
    noStdOutErr: options.noStdOutErr ?? false,
    workDir: absolute(options.workDir),
    cleanWorkDir: options.cleanWorkDir ?? "always",
    localEnvironment: userScript ? { TOIL_MESOS_USER_SCRIPT: userScript } : {},
    temporaryDirectory,
  };
}

function executorDisk(
  { executorDisk, executorUri, userScript, toilResource }: BatchSystemOptions,
  { mayDeployLater }: Surroundings,
): number {
  const isFetched = [executorUri, userScript, toilResource].some((each) => each !== undefined) ||
    mayDeployLater;
  return executorDisk === undefined
    ? isFetched ? EXECUTOR_DISK_WITH_FETCHED_BYTES : EXECUTOR_DISK_BYTES
    : bytes(executorDisk);
}

function bytes(size: Size): number {
  if (typeof size === "string") return parseSize(size);
  if (size >= 0) return size;
  throw new RangeError(`Cannot use ${size} as a size: expected bytes, at least 0`);
}

function cores(count: number): number {
  if (count >= 0) return count;
  throw new RangeError(`Cannot use ${count} as cores: expected at least 0`);
}

/** With none, local jobs would wait for ever. */
function atLeastOne(localJobs: number): number {
  if (Number.isSafeInteger(localJobs) && localJobs >= 1) return localJobs;
  throw new UsageError(
    `--max-local-jobs: expected an integer of at least 1, not ${localJobs}`,
  );
}

function milliseconds(duration: Duration): number {
  if (typeof duration === "string") return parseDuration(duration);
  if (duration >= 0 && duration <= MAX_DURATION_MS) return duration;
  throw new RangeError(
    `Cannot use ${duration} as a duration: expected 0 to ${MAX_DURATION_MS} milliseconds`,
  );
}

/** Paths are used by other processes, in other directories. */
function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}
