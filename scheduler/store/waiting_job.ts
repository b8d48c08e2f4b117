/**
 * A check for the most frequent record, a job that waits: there may be a million of them, which a
 * schema takes seconds to check. It accepts nothing that the schema of jobs does not accept as it
 * is; whatever it does not know, the schema decides.
 *
 * @module
 */

import { isObject } from "../../support/json_checks.ts";
import type { Shape } from "../core/quantities.ts";
import type { JobRecord, JobSpec } from "../core/records.ts";

/** A job as it is written: without what most jobs have; see compact_job.ts. */
type Stored<T, Name extends keyof T> = Omit<T, Name> & Partial<Pick<T, Name>>;
type StoredShape = Stored<Shape, "gpus" | "preemptible">;
type StoredSpec =
  & Stored<Omit<JobSpec, "shape">, "environment" | "local">
  & { readonly shape: StoredShape };
type StoredJob =
  & Stored<Omit<JobRecord, "spec">, "attempt" | "killRequested">
  & { readonly spec: StoredSpec };

/** The job that a value is, if that was issued and never launched, and has no field beside those of
 * such a job. */
export function waitingJob(value: unknown): JobRecord | undefined {
  if (!isWaitingJob(value)) return undefined;
  const { jobID, spec, issuedAtMs, attempt = 0, killRequested = false } = value;
  const { command, name, environment = {}, local = false, fileDigest, unreported } = spec;
  const { cpusMilli, memoryBytes, diskBytes, gpus = 0, preemptible = false } = spec.shape;
  return {
    jobID,
    spec: {
      command,
      name,
      shape: { cpusMilli, memoryBytes, diskBytes, gpus, preemptible },
      environment,
      local,
      ...(fileDigest === undefined ? undefined : { fileDigest }),
      ...(unreported === undefined ? undefined : { unreported }),
    },
    ...(issuedAtMs === undefined ? undefined : { issuedAtMs }),
    attempt,
    killRequested,
  };
}

/** Whether a value is such a job. */
export function isWaitingJob(value: unknown): value is StoredJob {
  if (!isObject(value)) return false;
  let required = 0;
  for (const name in value) {
    const field = value[name];
    switch (name) {
      case "jobID":
        if (!isCount(field)) return false;
        required++;
        break;
      case "spec":
        if (!isSpec(field)) return false;
        required++;
        break;
      case "attempt":
        if (!isCount(field)) return false;
        break;
      case "killRequested":
        if (typeof field !== "boolean") return false;
        break;
      case "issuedAtMs":
        if (!Number.isFinite(field)) return false;
        break;
      default:
        return false;
    }
  }
  return required === 2;
}

function isSpec(value: unknown): boolean {
  if (!isObject(value)) return false;
  let required = 0;
  for (const name in value) {
    const field = value[name];
    switch (name) {
      case "command":
      case "name":
        if (typeof field !== "string") return false;
        required++;
        break;
      case "shape":
        if (!isShape(field)) return false;
        required++;
        break;
      case "environment":
        if (!isEnvironment(field)) return false;
        break;
      case "fileDigest":
        if (typeof field !== "string") return false;
        break;
      case "local":
      case "unreported":
        if (typeof field !== "boolean") return false;
        break;
      default:
        return false;
    }
  }
  return required === 3;
}

function isShape(value: unknown): boolean {
  if (!isObject(value)) return false;
  let required = 0;
  for (const name in value) {
    const field = value[name];
    switch (name) {
      case "cpusMilli":
      case "memoryBytes":
      case "diskBytes":
        if (!isCount(field)) return false;
        required++;
        break;
      case "gpus":
        if (!isCount(field)) return false;
        break;
      case "preemptible":
        if (typeof field !== "boolean") return false;
        break;
      default:
        return false;
    }
  }
  return required === 3;
}

/** Whether a value holds variables. */
export function isEnvironment(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === "string");
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
