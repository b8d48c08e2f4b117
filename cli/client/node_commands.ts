/**
 * `toil-mesos nodes`, `ignore` and `unignore`.
 *
 * @module
 */

import type { ControlNode } from "../../control/client.ts";
import { formatSize } from "../../support/units.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { Command } from "../command.ts";
import { CLIENT_EXIT_CODES, EXIT_CODE } from "../exit_code.ts";
import type { System } from "../system.ts";
import { CLIENT_OPTIONS, parseClientOptions, refuseWords, withScheduler } from "./connection.ts";
import { type Column, isForPrograms, writeRows } from "./listing.ts";

const COLUMNS: readonly Column<ControlNode>[] = [
  { title: "NODE", of: ({ address }) => address },
  { title: "HOST", of: ({ hostnames }) => hostnames.join(",") },
  { title: "JOBS", isNumber: true, of: ({ workers }) => String(workers) },
  {
    title: "CORES",
    isNumber: true,
    of: ({ requestedCores, availableCores }) => `${requestedCores}/${availableCores}`,
  },
  {
    title: "MEMORY",
    isNumber: true,
    of: ({ requestedMemory, availableMemory }) =>
      `${formatSize(requestedMemory)}/${formatSize(availableMemory)}`,
  },
  {
    title: "",
    of: ({ ignored, preemptible }) =>
      [...(ignored ? ["ignored"] : []), ...(preemptible ? ["preemptible"] : [])].join(", "),
  },
];

/** The subcommand `nodes`. */
export const nodesCommand: Command = {
  name: "nodes",
  summary: "list the nodes",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options]",
  details: "Example: toil-mesos nodes --json | jq -r .address",
  options: CLIENT_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseClientOptions(CLIENT_OPTIONS, args, system);
    refuseWords(positional);
    const rows = await withScheduler(options, system, (client) => client.nodes());
    writeRows(rows, { options, system, columns: COLUMNS });
    return EXIT_CODE.OK;
  },
};

/** The subcommand `ignore`. */
export const ignoreCommand: Command = {
  name: "ignore",
  summary: "stop sending jobs to nodes; running jobs continue",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options] NODE…",
  details: "Example: toil-mesos ignore 10.0.0.7",
  options: CLIENT_OPTIONS,
  run: (args, system) => setIgnored(args, { system, ignored: true }),
};

/** The subcommand `unignore`. */
export const unignoreCommand: Command = {
  name: "unignore",
  summary: "send jobs to nodes again",
  exitCodes: CLIENT_EXIT_CODES,
  usage: "[options] NODE…",
  details: "Example: toil-mesos unignore 10.0.0.7",
  options: CLIENT_OPTIONS,
  run: (args, system) => setIgnored(args, { system, ignored: false }),
};

async function setIgnored(
  args: readonly string[],
  { system, ignored }: { system: System; ignored: boolean },
): Promise<number> {
  const { options, positional } = parseClientOptions(CLIENT_OPTIONS, args, system);
  if (positional.length === 0) throw new UsageError("Expected the address of a node");
  const all = await withScheduler(options, system, async (client) => {
    let all: string[] = [];
    for (const node of positional) all = await client.setIgnored(node, ignored);
    return all;
  });
  if (isForPrograms(options, system)) system.terminal.output(JSON.stringify({ ignored: all }));
  return EXIT_CODE.OK;
}
