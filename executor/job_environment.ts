/**
 * The environment of a job. Pure.
 *
 * @module
 */

import type { JobId } from "../job/job_id.ts";

/** The sources of a job's variables, lowest precedence first. */
export interface JobEnvironmentSources {
  /** The variables that name the user. */
  user: Readonly<Record<string, string>>;
  /** The executor's own variables that are for jobs, too. */
  inherited: Readonly<Record<string, string>>;
  /** The scheduler's variables (`--set-env` and the job's own). */
  job: Readonly<Record<string, string>>;
  /** The batch system's id of the job. */
  jobID: JobId;
  /** The sandbox, the default parent of work directories. */
  sandboxDirectory: string;
  /** An existing directory for resources. */
  resourceDirectory: string;
  /** The variables that name the path of the user script. */
  userScript: Readonly<Record<string, string>>;
  /** The GPUs of the job. */
  gpus: readonly number[];
}

/** All variables of a job. */
export function jobEnvironment(sources: JobEnvironmentSources): Record<string, string> {
  const { user, inherited, job, jobID, sandboxDirectory, resourceDirectory, userScript } = sources;
  return {
    TOIL_WORKDIR: sandboxDirectory,
    ...user,
    ...inherited,
    ...job,
    TOIL_MESOS_JOB_ID: String(jobID),
    JTRES_ROOT: resourceDirectory,
    ...userScript,
    ...gpuVariables(sources),
  };
}

/** A job sees its own GPUs: some of those that Mesos, or the operator of the agent, names. */
function gpuVariables({ inherited, job, gpus }: JobEnvironmentSources): Record<string, string> {
  const named = inherited["CUDA_VISIBLE_DEVICES"]?.split(",").filter((device) => device !== "");
  if (gpus.length > 0) {
    const devices = gpus.map((index) => named?.[index] ?? String(index));
    return { CUDA_VISIBLE_DEVICES: devices.join(",") };
  }
  const isNamed = named !== undefined && job["CUDA_VISIBLE_DEVICES"] === undefined;
  return isNamed ? { CUDA_VISIBLE_DEVICES: "" } : {};
}
