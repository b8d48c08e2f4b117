/**
 * `toil-mesos jobs`: lists jobs.
 *
 * @module
 */

import type { ControlJob } from "../../control/client.ts";
import { formatDuration, formatSize } from "../../support/units.ts";
import type { Command } from "../command.ts";
import { CLIENT_EXIT_CODES, EXIT_CODE } from "../exit_code.ts";
import { UsageError } from "../../support/usage_error.ts";
import { count, flag, text } from "../options/option_schemas.ts";
import type { OptionValues } from "../options/parse_options.ts";
import type { System } from "../system.ts";
import { CLIENT_OPTIONS, parseClientOptions, readJobIDs, withScheduler } from "./connection.ts";
import { type Column, writeRows } from "./listing.ts";

const JOBS_OPTIONS = {
  ...CLIENT_OPTIONS,
  state: {
    value: "STATES",
    description: "waiting, starting, running, unreachable, killing or ended, with commas",
    schema: text.optional(),
  },
  all: { description: "include ended jobs", schema: flag },
  search: {
    value: "TEXT",
    description: "only the job with this id, or jobs with this name or node",
    schema: text.optional(),
  },
  limit: { value: "N", description: "list at most N", schema: count.optional() },
} as const;

const COLUMNS: readonly Column<ControlJob>[] = [
  { title: "JOB", isNumber: true, of: ({ jobID }) => String(jobID) },
  { title: "STATE", of: ({ state, exitReason }) => exitReason ?? state },
  { title: "STATUS", isNumber: true, of: ({ exitStatus }) => String(exitStatus ?? "") },
  { title: "CORES", isNumber: true, of: ({ cores }) => String(cores) },
  { title: "MEMORY", isNumber: true, of: ({ memory }) => formatSize(memory) },
  {
    title: "TIME",
    isNumber: true,
    of: ({ wallTime }) => wallTime === undefined ? "" : formatDuration(wallTime * 1000),
  },
  { title: "NODE", of: ({ node }) => node ?? "" },
  { title: "NAME", of: ({ name }) => name },
];

/** The subcommand. */
export const jobsCommand: Command = {
  name: "jobs",
  summary: "list jobs",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options] [JOB…]",
  details: "Example: toil-mesos jobs --state running",
  options: JOBS_OPTIONS,
  run: runJobs,
};

async function runJobs(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseClientOptions(JOBS_OPTIONS, args, system);
  checkSelection(options, positional);
  const rows = await readRows(options, positional, system);
  writeRows(rows, { options, system, columns: COLUMNS });
  return EXIT_CODE.OK;
}

/** Jobs are named, or selected. */
function checkSelection(
  { all, state, search, limit }: OptionValues<typeof JOBS_OPTIONS>,
  words: readonly string[],
): void {
  if (all && state !== undefined) throw new UsageError("Expected --all or --state, not both");
  const given = Object.entries({ state, search, limit }).find(([, value]) => value !== undefined);
  if (words.length === 0 || given === undefined) return;
  throw new UsageError(`Expected ids of jobs or --${given[0]}, not both`);
}

async function readRows(
  options: OptionValues<typeof JOBS_OPTIONS>,
  words: readonly string[],
  system: System,
): Promise<ControlJob[]> {
  return await withScheduler(options, system, async (client) => {
    if (words.length > 0) {
      return await Promise.all(readJobIDs(words).map((jobID) => client.job(jobID)));
    }
    const { search, limit = Infinity } = options;
    const state = options.all ? "all" : options.state;
    const rows: ControlJob[] = [];
    const query = {
      ...(state === undefined ? {} : { state }),
      ...(search === undefined ? {} : { search }),
    };
    for await (const job of client.jobs(query)) {
      if (rows.length >= limit) break;
      rows.push(job);
    }
    return rows;
  });
}
