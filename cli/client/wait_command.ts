/**
 * `toil-mesos wait`: ends when jobs have ended, as they have.
 *
 * @module
 */

import type { ControlClient, ControlJob } from "../../control/client.ts";
import type { JobId } from "../../job/job_id.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import type { System } from "../system.ts";
import { CLIENT_OPTIONS, parseClientOptions, readJobIDs, withScheduler } from "./connection.ts";

/** Jobs that are waited for at the same time. */
const WAITS_AT_A_TIME = 50;

/** What a shell adds to the number of a signal. */
const SIGNAL_BASE = 128;

const HIGHEST_STATUS = 255;

/** What the exit codes of a command mean that waits. */
export const WAIT_EXIT_CODES =
  "0 every job finished with 0, else the first status that is not 0, as a shell reports it: 128 " +
  "and the number of a signal, 255 where it is unknown; 2 also for wrong usage, 3 also where the " +
  "scheduler can't be reached";

const WAIT_OPTIONS = {
  ...CLIENT_OPTIONS,
  json: { ...CLIENT_OPTIONS.json, description: "print the results of the jobs, as JSON lines" },
} as const;

/** The subcommand. */
export const waitCommand: Command = {
  name: "wait",
  summary: "wait for jobs, and exit with the first status that is not 0",
  exitCodes: WAIT_EXIT_CODES,
  usage: "[options] JOB…",
  details: "Example: toil-mesos wait 17 18 && echo both are done",
  options: WAIT_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseClientOptions(WAIT_OPTIONS, args, system);
    const jobIDs = readJobIDs(positional);
    return await withScheduler(
      options,
      system,
      (client) => waitForJobs(client, jobIDs, { system, options }),
    );
  },
};

/** Waits for jobs; resolves to the exit code of a command that stands for them. */
export async function waitForJobs(
  client: ControlClient,
  jobIDs: readonly JobId[],
  { system: { terminal }, options }: { system: System; options: { json: boolean } },
): Promise<number> {
  let exitCode: number = EXIT_CODE.OK;
  const waiting = [...jobIDs];
  const work = async () => {
    for (let jobID = waiting.shift(); jobID !== undefined; jobID = waiting.shift()) {
      const job = await client.waitForJob(jobID);
      if (options.json) terminal.output(JSON.stringify(toResult(job)));
      const status = toExitCode(job);
      if (status === 0) continue;
      exitCode ||= status;
      const { name, exitReason, exitStatus, message } = job;
      const what = message ? `: ${message}` : "";
      terminal.error(`Job ${jobID} (${name}) is ${exitReason} with status ${exitStatus}${what}`);
    }
  };
  await Promise.all(Array.from({ length: WAITS_AT_A_TIME }, work));
  return exitCode;
}

/** As the scheduler writes results of a jobs file. */
function toResult(job: ControlJob) {
  const { jobID, name, exitStatus, exitReason, wallTime, node = "", message, attempts } = job;
  return {
    ...{ jobID, name, exitStatus, exitReason, wallTime, node, message },
    ...(attempts > 1 ? { attempts } : {}),
  };
}

/** As a shell gives it for a command that it has run itself. */
function toExitCode({ exitReason, exitStatus = HIGHEST_STATUS }: ControlJob): number {
  if (exitReason === "FINISHED") return 0;
  const status = exitStatus < 0 ? SIGNAL_BASE - exitStatus : exitStatus;
  return Math.min(HIGHEST_STATUS, status) || EXIT_CODE.FAILED;
}
