/**
 * `toil-mesos scheduler`: runs the jobs of a file on a Mesos.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { SCHEDULER_EXIT_CODES } from "../exit_code.ts";
import { SCHEDULER_OPTIONS } from "../options/scheduler_options.ts";

/** The subcommand. */
export const schedulerCommand: Command = {
  name: "scheduler",
  summary: "run batch jobs on Mesos",
  exitCodes: SCHEDULER_EXIT_CODES,
  usage: "--endpoint E [--jobs FILE] [--listen ADDR] [options]",
  details:
    "Example: toil-mesos scheduler --endpoint local:2 --jobs jobs.jsonl --results results.jsonl",
  options: SCHEDULER_OPTIONS,
  run: async (args, system) => {
    const { runScheduler } = await import("./run_scheduler.ts");
    return await runScheduler(args, system);
  },
};
