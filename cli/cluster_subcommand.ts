/**
 * `toil-mesos cluster`: an embedded Mesos in the foreground, to try things on.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { UsageError } from "../support/usage_error.ts";
import { logOptions } from "./options/log_options.ts";
import { count, text } from "./options/option_schemas.ts";
import { parseOptions } from "./options/parse_options.ts";

/** Its options. */
export const CLUSTER_OPTIONS = {
  port: {
    value: "P",
    description: "port of the master on 127.0.0.1 (5050); 0 picks a free one",
    schema: count.prefault("5050"),
  },
  agents: { value: "N", description: "number of agents (1)", schema: count.prefault("1") },
  resources: {
    value: "R",
    description: "resources of each agent, such as cpus:4;mem:4096 (a share of this machine)",
    schema: text.optional(),
  },
  attributes: {
    value: "A",
    description: "attributes of each agent, such as preemptible:false;rack:r1",
    schema: text.optional(),
  },
  workDir: {
    value: "DIR",
    description: "keep sandboxes and state here (default: a temporary directory)",
    schema: text.optional(),
  },
  ...logOptions("WARN"),
} as const;

/** The subcommand. */
export const clusterCommand: Command = {
  name: "cluster",
  summary: "run an embedded Mesos (a master and agents) on this host",
  exitCodes: "0 ended by a signal, 2 wrong usage",
  usage: "[--port 5050] [--agents N] [options]",
  details:
    "It prints the address of the master and the credential of schedulers when all agents are " +
    "registered. Ctrl-C stops it. Example: toil-mesos cluster --agents 2",
  options: CLUSTER_OPTIONS,
  run: async (args, system) => {
    const { options, positional } = parseOptions(CLUSTER_OPTIONS, args, system.environment);
    if (positional.length > 0) throw new UsageError(`Unexpected argument "${positional[0]}"`);
    const { runCluster } = await import("./run_cluster.ts");
    return await runCluster(options, system);
  },
};
