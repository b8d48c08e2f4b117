/**
 * `toil-mesos logs`: what a job has written.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { CLIENT_EXIT_CODES, EXIT_CODE } from "../exit_code.ts";
import { flag } from "../options/option_schemas.ts";
import type { System } from "../system.ts";
import { UsageError } from "../../support/usage_error.ts";
import { CLIENT_OPTIONS, parseClientOptions, readJobIDs, withScheduler } from "./connection.ts";

const LOGS_OPTIONS = {
  ...CLIENT_OPTIONS,
  stderr: { description: "standard error instead of standard output", schema: flag },
  follow: { description: "follow the output until the job has ended", schema: flag },
} as const;

/** The subcommand. */
export const logsCommand: Command = {
  name: "logs",
  summary: "print the output of a job",
  exitCodes: `${CLIENT_EXIT_CODES}, or the node of the job can't`,
  usage: "[options] JOB",
  details: "Example: toil-mesos logs --follow --stderr 17",
  options: LOGS_OPTIONS,
  run: runLogs,
};

async function runLogs(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseClientOptions(LOGS_OPTIONS, args, system);
  const [jobID = 0, other] = readJobIDs(positional);
  if (other !== undefined) throw new UsageError("Expected the id of one job");
  return await withScheduler(options, system, async (client) => {
    const stream = options.stderr ? "stderr" : "stdout";
    for await (const chunk of client.output(jobID, stream, { follow: options.follow })) {
      system.outputBytes(chunk);
    }
    return EXIT_CODE.OK;
  });
}
