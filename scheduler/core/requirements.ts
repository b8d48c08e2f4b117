/**
 * What a job asks for, in the units of its author, and whether that can ever be had. Pure.
 *
 * @see toil.job.Requirer and toil.batchSystems.abstractBatchSystem.InsufficientSystemResources
 * @module
 */

import { formatSize, MAX_DURATION_MS, parseSize } from "../../support/units.ts";
import { type Shape, wholeMebibytes } from "./quantities.ts";
import type { JobSpec } from "./records.ts";

/** A kind of device, and how many. */
export interface Accelerator {
  /** Only `gpu` can be had from Mesos. */
  readonly kind: string;
  /** Whole devices. */
  readonly count: number;
}

/** A job's demands. */
export interface JobRequirements {
  /** For people. */
  readonly jobName: string;
  /** Cores; thousandths count. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes. */
  readonly disk: number;
  /** Whether it may run on a node that can be taken away. */
  readonly preemptible: boolean;
  /** Devices. */
  readonly accelerators: readonly Accelerator[];
  /** Run beside the scheduler instead of on the cluster. */
  readonly local?: boolean | undefined;
  /** How long it may run, in milliseconds. */
  readonly timeLimitMs?: number | undefined;
  /** How often it is run again when it fails or is lost, before that is reported. */
  readonly retries?: number | undefined;
}

/** A job's demands as a caller may give them: sizes as bytes or text, defaults for the rest. */
export interface JobRequest {
  /** For people. Default: the start of the command. */
  readonly jobName?: string | undefined;
  /** Cores; thousandths count. Default: 1. */
  readonly cores?: number | undefined;
  /** Bytes, or a size such as `"2Gi"`. Default: 2Gi. */
  readonly memory?: number | string | undefined;
  /** Bytes, or a size such as `"2Gi"`. Default: 2Gi. */
  readonly disk?: number | string | undefined;
  /** Whether the job may run on a node that can be taken away. Default: false. */
  readonly preemptible?: boolean | undefined;
  /** Devices. Default: none. */
  readonly accelerators?: readonly Accelerator[] | undefined;
  /** Run beside the scheduler instead of on the cluster. Default: false. */
  readonly local?: boolean | undefined;
  /** How long it may run, in milliseconds; then it is ended as MAXJOBDURATION. Default: no limit. */
  readonly timeLimitMs?: number | undefined;
  /** How often it is run again before its end is reported, where it is LOST, its node fails it, or
   * it exits with another status than 0. Default: 0. */
  readonly retries?: number | undefined;
}

/** Cores of a job that does not name any. */
export const DEFAULT_CORES = 1;
/** Memory of a job that does not name any. */
export const DEFAULT_MEMORY = "2Gi";
/** Disk of a job that does not name any. */
export const DEFAULT_DISK = "2Gi";

/** How much of a command names a job that has no name. */
const NAME_CHARACTERS = 40;

/**
 * The demands of a request.
 *
 * @throws {RangeError} when a size cannot be parsed.
 */
export function toRequirements(command: string, request: JobRequest = {}): JobRequirements {
  const bytes = (size: number | string) => typeof size === "number" ? size : parseSize(size);
  return {
    jobName: request.jobName ?? command.slice(0, NAME_CHARACTERS),
    cores: request.cores ?? DEFAULT_CORES,
    memory: bytes(request.memory ?? DEFAULT_MEMORY),
    disk: bytes(request.disk ?? DEFAULT_DISK),
    preemptible: request.preemptible ?? false,
    accelerators: request.accelerators ?? [],
    local: request.local,
    ...(request.timeLimitMs === undefined ? {} : { timeLimitMs: request.timeLimitMs }),
    ...(request.retries === undefined ? {} : { retries: request.retries }),
  };
}

/** The least share of a core that Mesos counts. */
export const MIN_CORES = 0.001;

/** A name is shown in every list, log line and result. */
export const MAX_NAME_CHARACTERS = 1000;

/** More cores can't be counted in millionths. */
export const MAX_CORES = 1_000_000;

/** More memory or disk can't be counted in bytes, rounded up to MiB. */
export const MAX_SIZE_BYTES = 2 ** 52;

/** More devices than any node has. */
export const MAX_ACCELERATORS = 1_000_000;

/** More retries than a job can be meant to need. */
export const MAX_RETRIES = 1_000;

/** The most that one job may ask for. */
export interface ResourceLimits {
  /** Cores. */
  readonly maxCores: number;
  /** Bytes. */
  readonly maxMemory: number;
  /** Bytes. */
  readonly maxDisk: number;
}

/** A job asks for more than it can ever get. */
export class InsufficientSystemResources extends RangeError {
  /** The name of this class. */
  override readonly name = "InsufficientSystemResources";
  /** The same job will not get it later. */
  readonly retryable = false;
  /** The job. */
  readonly jobName: string;
  /** What there is too little of: cores, memory, disk or accelerators. */
  readonly resource: string;
  /** How much was asked for: cores, bytes or devices. */
  readonly requested: number;
  /** How much can be had. */
  readonly available: number;

  /**
   * An error that names resource, demand, limit and job.
   *
   * @param jobName The job.
   * @param shortage What there is too little of.
   */
  constructor(
    jobName: string,
    shortage: { resource: string; requested: number; available: number; kind?: string },
  ) {
    const { resource, requested, available, kind } = shortage;
    const amount = resource === "memory" || resource === "disk" ? formatSize : String;
    const what = kind === undefined ? resource : `${resource} of kind ${kind}`;
    super(
      `Cannot run job "${jobName}": it asks for ${amount(requested)} of ${what}, ` +
        `${amount(available)} is the most it can get`,
    );
    this.jobName = jobName;
    this.resource = resource;
    this.requested = requested;
    this.available = available;
  }
}

/**
 * Checks that the demands can be met.
 *
 * @throws {TypeError} when a demand is missing or no amount.
 * @throws {InsufficientSystemResources} when one is over the limit.
 */
export function checkResourceRequest(requirements: JobRequirements, limits: ResourceLimits): void {
  const { jobName, cores, memory, disk, accelerators, retries = 0, timeLimitMs } = requirements;
  if (!(Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES)) {
    throw new TypeError(
      `Cannot run job "${jobName}": retries is not an integer from 0 to ${MAX_RETRIES}`,
    );
  }
  if (timeLimitMs !== undefined && !(timeLimitMs > 0 && timeLimitMs <= MAX_DURATION_MS)) {
    throw new TypeError(
      `Cannot run job "${jobName}": timeLimitMs is not above 0 and at most ${MAX_DURATION_MS}`,
    );
  }
  const demands = [
    { resource: "cores", requested: cores, available: Math.min(limits.maxCores, MAX_CORES) },
    {
      resource: "memory",
      requested: memory,
      available: Math.min(limits.maxMemory, MAX_SIZE_BYTES),
    },
    { resource: "disk", requested: disk, available: Math.min(limits.maxDisk, MAX_SIZE_BYTES) },
  ];
  for (const demand of demands) {
    if (!(demand.requested >= 0 && Number.isFinite(demand.requested))) {
      throw new TypeError(`Cannot run job "${jobName}": ${demand.resource} is not an amount`);
    }
    if (demand.requested > demand.available) {
      throw new InsufficientSystemResources(jobName, demand);
    }
  }
  for (const { kind, count } of accelerators) {
    if (kind !== "gpu") {
      const shortage = { resource: "accelerators", requested: count, available: 0, kind };
      throw new InsufficientSystemResources(jobName, shortage);
    }
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new TypeError(`Cannot run job "${jobName}": accelerators are not whole devices`);
    }
  }
  const requested = accelerators.reduce((sum, { count }) => sum + count, 0);
  if (requested > MAX_ACCELERATORS) {
    const shortage = { resource: "accelerators", requested, available: MAX_ACCELERATORS };
    throw new InsufficientSystemResources(jobName, shortage);
  }
}

/** What is kept of a job with these demands, if it is issued. */
export function toJobSpec(
  requirements: JobRequirements,
  { command, environment, unreported }: {
    command: string;
    environment: JobSpec["environment"];
    unreported?: boolean | undefined;
  },
): JobSpec {
  const { jobName, local = false, timeLimitMs, retries } = requirements;
  return {
    command,
    name: jobName,
    shape: toShape(requirements),
    environment,
    local,
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    ...(retries ? { retries } : {}),
    ...(unreported ? { unreported } : {}),
  };
}

/** The shape of a job with these demands, in the units that Mesos counts in. */
export function toShape(requirements: JobRequirements): Shape {
  const { cores, memory, disk, preemptible, accelerators } = requirements;
  return {
    // Every task must use some cpu; a thousandth is the least that Mesos knows.
    cpusMilli: Math.max(1, Math.ceil(Math.round(cores * 1e6) / 1e3)),
    memoryBytes: wholeMebibytes(memory),
    diskBytes: wholeMebibytes(disk),
    gpus: accelerators.reduce((sum, { count }) => sum + count, 0),
    preemptible,
  };
}
