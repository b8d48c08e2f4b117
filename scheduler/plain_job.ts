/**
 * A check for the most frequent jobs, which say little beside their command: there may be a million
 * of them, which the schema takes seconds to check. It accepts nothing that the schema does not
 * accept, and gives the same; whatever it does not know, the schema decides.
 *
 * @module
 */

import { fitsArgument, totalProblem, variableProblem } from "../job/job_variables.ts";
import { isObject } from "../support/json_checks.ts";
import { parseSize } from "../support/units.ts";
import type { JobDescription } from "./batch_job.ts";
import {
  DEFAULT_CORES,
  DEFAULT_DISK,
  DEFAULT_MEMORY,
  MAX_NAME_CHARACTERS,
  MIN_CORES,
} from "./core/requirements.ts";

const DEFAULT_MEMORY_BYTES = parseSize(DEFAULT_MEMORY);
const DEFAULT_DISK_BYTES = parseSize(DEFAULT_DISK);

/** A job of parsed JSON; undefined where the schema has to decide. */
export function plainJob(given: unknown): JobDescription | undefined {
  if (!isObject(given)) return undefined;
  let [command, name]: (string | undefined)[] = [];
  let cores = DEFAULT_CORES;
  let memory: number | undefined = DEFAULT_MEMORY_BYTES;
  let disk: number | undefined = DEFAULT_DISK_BYTES;
  let preemptible = false;
  let environment: Record<string, string> = {};
  let local = false;
  for (const field in given) {
    const value = given[field];
    if (field === "command" && isCommand(value)) command = value;
    else if (field === "name" && isName(value)) name = value;
    else if (field === "cores" && isCores(value)) cores = value;
    else if (field === "memory") memory = bytesOf(value);
    else if (field === "disk") disk = bytesOf(value);
    else if (field === "preemptible" && typeof value === "boolean") preemptible = value;
    else if (field === "environment" && isEnvironment(value)) environment = value;
    else if (field === "local" && typeof value === "boolean") local = value;
    else return undefined;
  }
  if (command === undefined || memory === undefined || disk === undefined) return undefined;
  if (totalProblem(command, environment)) return undefined;
  const needs = { cores, memory, disk, preemptible, accelerators: [], environment, local };
  return name === undefined ? { command, ...needs } : { command, name, ...needs };
}

/** A list of jobs of parsed JSON; undefined where the schema has to decide. */
export function plainJobs(given: unknown): JobDescription[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const jobs: JobDescription[] = [];
  for (const each of given) {
    const job = plainJob(each);
    if (!job) return undefined;
    jobs.push(job);
  }
  return jobs;
}

function isCommand(value: unknown): value is string {
  return typeof value === "string" && fitsArgument(value) && /\S/.test(value) &&
    !value.includes("\0") && value.isWellFormed();
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_NAME_CHARACTERS &&
    !/\p{Cc}/u.test(value) && value.isWellFormed();
}

function isCores(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= MIN_CORES;
}

function bytesOf(value: unknown): number | undefined {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && value >= 0 ? Math.abs(value) : undefined;
  }
  if (typeof value !== "string") return undefined;
  try {
    return parseSize(value);
  } catch {
    return undefined;
  }
}

function isEnvironment(value: unknown): value is Record<string, string> {
  return isObject(value) &&
    Object.entries(value).every(([name, each]) =>
      // The schema leaves it out.
      name !== "__proto__" && typeof each === "string" && !variableProblem(name, each)
    );
}
