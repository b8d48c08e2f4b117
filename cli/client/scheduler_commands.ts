/**
 * `toil-mesos status` and `shutdown`.
 *
 * @module
 */

import type { ControlStatus } from "../../control/client.ts";
import { formatDuration } from "../../support/units.ts";
import type { Command } from "../command.ts";
import { CLIENT_EXIT_CODES, EXIT_CODE } from "../exit_code.ts";
import { flag } from "../options/option_schemas.ts";
import { CLIENT_OPTIONS, parseClientOptions, refuseWords, withScheduler } from "./connection.ts";
import { isForPrograms } from "./listing.ts";

/** The subcommand `status`. */
export const statusCommand: Command = {
  name: "status",
  summary: "show what waits for which resource, and why",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options]",
  details: "Example: toil-mesos status --scheduler unix:/run/toil-mesos/scheduler.sock",
  options: CLIENT_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseClientOptions(CLIENT_OPTIONS, args, system);
    refuseWords(positional);
    const status = await withScheduler(options, system, (client) => client.status());
    const lines = isForPrograms(options, system) ? [JSON.stringify(status)] : describe(status);
    for (const line of lines) system.terminal.output(line);
    return EXIT_CODE.OK;
  },
};

function describe(status: ControlStatus): string[] {
  const { name, version, frameworkId, connected, nowMs, startedAtMs, jobs, nodes } = status;
  const counts = Object.entries(jobs).filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  const ignored = status.ignoredNodes.length;
  return [
    `Scheduler  ${name}, toil-mesos ${version}, up for ${formatDuration(nowMs - startedAtMs)}`,
    `Mesos      ${connected ? "connected" : "not connected"}, framework ${frameworkId ?? "none"}`,
    `Jobs       ${counts.join(", ") || "none"}`,
    `Nodes      ${nodes}${ignored > 0 ? `, ${ignored} ignored` : ""}`,
    ...status.message === "" ? [] : status.message.split("; ").map((each) => `Waiting    ${each}`),
  ];
}

const SHUTDOWN_OPTIONS = {
  ...CLIENT_OPTIONS,
  keepJobs: {
    description: "leave the jobs running for the next scheduler with the same --state",
    schema: flag,
  },
} as const;

/** The subcommand `shutdown`. */
export const shutdownCommand: Command = {
  name: "shutdown",
  summary: "stop the scheduler and its jobs",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options]",
  details: "Example: toil-mesos shutdown --keep-jobs",
  options: SHUTDOWN_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseClientOptions(SHUTDOWN_OPTIONS, args, system);
    refuseWords(positional);
    const { keepJobs } = options;
    await withScheduler(options, system, (client) => client.shutDown({ keepJobs }));
    return EXIT_CODE.OK;
  },
};
