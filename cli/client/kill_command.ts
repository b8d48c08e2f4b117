/**
 * `toil-mesos kill`: ends jobs.
 *
 * @module
 */

import type { JobId } from "../../job/job_id.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import type { System } from "../system.ts";
import { CLIENT_OPTIONS, parseClientOptions, readJobIDs, withScheduler } from "./connection.ts";
import { isForPrograms } from "./listing.ts";

const EXIT_CODES =
  "0 none of the jobs runs any more, 1 one was never issued, or its end is not confirmed yet, " +
  "2 wrong usage, 3 the scheduler can't be reached";

/** The subcommand. */
export const killCommand: Command = {
  name: "kill",
  summary: "kill jobs, and exit when they have ended",
  exitCodes: EXIT_CODES,
  usage: "[options] JOB…",
  details: "Example: toil-mesos kill 17 18",
  options: CLIENT_OPTIONS,
  run: runKill,
};

async function runKill(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseClientOptions(CLIENT_OPTIONS, args, system);
  const jobIDs = readJobIDs(positional);
  const fate = await withScheduler(options, system, (client) => client.killJobs(jobIDs));
  const { terminal } = system;
  if (isForPrograms(options, system)) terminal.output(JSON.stringify(fate));
  else for (const jobID of fate.killed) terminal.output(`Job ${jobID} was killed`);
  const say = (ids: readonly JobId[], what: string) => {
    for (const jobID of ids) terminal.error(`Job ${jobID} ${what}`);
  };
  say(fate.ended, "had already ended");
  say(fate.unknown, "was never issued");
  say(fate.unconfirmed, "is still being killed: its node has not confirmed its end");
  return fate.unknown.length + fate.unconfirmed.length > 0 ? EXIT_CODE.FAILED : EXIT_CODE.OK;
}
