/**
 * `toil-mesos wait`: ends when jobs have ended, as they have.
 *
 * @module
 */

import type { ControlClient, ControlJob } from "../../control/client.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import type { System } from "../system.ts";
import { CLIENT_OPTIONS, parseClientOptions, readJobIDs, withScheduler } from "./connection.ts";

/** Jobs that are waited for at the same time. */
const WAITS_AT_A_TIME = 50;

/** What a shell adds to the number of a signal. */
const SIGNAL_BASE = 128;

const HIGHEST_STATUS = 255;

/** The subcommand. */
export const waitCommand: Command = {
  name: "wait",
  summary: "wait for jobs, and exit with the first status that is not 0",
  usage: "[options] JOB…",
  details: "Example: toil-mesos wait 17 18 && echo both are done",
  options: CLIENT_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseClientOptions(CLIENT_OPTIONS, args, system);
    const jobIDs = readJobIDs(positional);
    return await withScheduler(options, system, (client) => waitForJobs(client, jobIDs, system));
  },
};

/** Waits for jobs; resolves to the exit code of a command that stands for them. */
export async function waitForJobs(
  client: ControlClient,
  jobIDs: readonly number[],
  { terminal }: System,
): Promise<number> {
  let exitCode: number = EXIT_CODE.OK;
  const waiting = [...jobIDs];
  const work = async () => {
    for (let jobID = waiting.shift(); jobID !== undefined; jobID = waiting.shift()) {
      const job = await client.waitForJob(jobID);
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

/** As a shell gives it for a command that it has run itself. */
function toExitCode({ exitReason, exitStatus = HIGHEST_STATUS }: ControlJob): number {
  if (exitReason === "FINISHED") return 0;
  const status = exitStatus < 0 ? SIGNAL_BASE - exitStatus : exitStatus;
  return Math.min(HIGHEST_STATUS, status) || EXIT_CODE.FAILED;
}
