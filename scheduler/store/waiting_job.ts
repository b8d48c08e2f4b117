/**
 * A check for the most frequent record, a job that waits: there may be a million of them, which a
 * schema takes seconds to check. It accepts nothing that the schema of jobs does not accept as it
 * is; whatever it does not know, the schema decides.
 *
 * @module
 */

import { isObject } from "../../support/json_checks.ts";
import type { JobRecord } from "../core/records.ts";

/** Whether a value is a job that was issued and never launched, with no field beside those of one. */
export function isWaitingJob(value: unknown): value is JobRecord {
  if (!isObject(value)) return false;
  let required = 0;
  for (const name in value) {
    const field = value[name];
    switch (name) {
      case "jobID":
      case "attempt":
        if (!isCount(field)) return false;
        required++;
        break;
      case "killRequested":
        if (typeof field !== "boolean") return false;
        required++;
        break;
      case "spec":
        if (!isSpec(field)) return false;
        required++;
        break;
      case "issuedAtMs":
        if (!Number.isFinite(field)) return false;
        break;
      default:
        return false;
    }
  }
  return required === 4;
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
        required++;
        break;
      case "local":
        if (typeof field !== "boolean") return false;
        required++;
        break;
      case "fileDigest":
        if (typeof field !== "string") return false;
        break;
      case "unreported":
        if (typeof field !== "boolean") return false;
        break;
      default:
        return false;
    }
  }
  return required === 5;
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
      case "gpus":
        if (!isCount(field)) return false;
        break;
      case "preemptible":
        if (typeof field !== "boolean") return false;
        break;
      default:
        return false;
    }
    required++;
  }
  return required === 5;
}

/** Whether a value holds variables. */
export function isEnvironment(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === "string");
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
