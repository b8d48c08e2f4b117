/**
 * `toil-mesos cluster`: an embedded Mesos in the foreground, to try things on.
 *
 * @module
 */

import { resolve } from "node:path";
import type { ClusterHandle } from "../cluster/cluster.ts";
import type { Command } from "./command.ts";
import { MAX_LOCAL_AGENTS, shareOfMachine } from "../setup/endpoint.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { logOptions } from "./options/log_options.ts";
import { keepSecret, publishSecret } from "../setup/cluster_secret.ts";
import { makeDirectory } from "../setup/make_directory.ts";
import { count, text } from "./options/option_schemas.ts";
import { type OptionValues, parseOptions } from "./options/parse_options.ts";
import { reasonOf } from "../support/reason.ts";
import type { System } from "./system.ts";
import { UsageError } from "../support/usage_error.ts";
import { RunDirectory } from "../setup/temporary_directory.ts";

const MAX_PORT = 65_535;

const CLUSTER_OPTIONS = {
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
  run,
};

async function run(args: readonly string[], system: System): Promise<number> {
  const { options, positional } = parseOptions(CLUSTER_OPTIONS, args, system.environment);
  if (positional.length > 0) throw new UsageError(`Unexpected argument "${positional[0]}"`);
  if (options.agents < 1 || options.agents > MAX_LOCAL_AGENTS) {
    throw new UsageError(`--agents: expected 1 to ${MAX_LOCAL_AGENTS}`);
  }
  if (options.port > MAX_PORT) throw new UsageError(`--port: expected 0 to ${MAX_PORT}`);
  system.configureLogging(options.logLevel, options.logFormat);
  await using resources = new AsyncDisposableStack();
  const interrupt = new AbortController();
  resources.defer(system.onInterrupt((signal) => interrupt.abort(signal)));
  const directory = await openWorkDirectory(options.workDir, resources);
  const { secret, path } = keepSecret(directory);
  const cluster = await start(options, { directory, secret, signal: interrupt.signal });
  if (!cluster) return EXIT_CODE.OK;
  resources.defer(() => cluster.stop());
  resources.use(publishSecret(Number(cluster.master.url.port), secret, system));
  const agents = options.agents === 1 ? "1 agent" : `${options.agents} agents`;
  system.terminal.output(`Mesos is at ${cluster.address} with ${agents}`);
  system.terminal.output(
    "Schedulers of this user on this host find its secret automatically; elsewhere, pass " +
      `--principal ${cluster.credential.principal} --secret-file ${path}`,
  );
  await interrupted(interrupt.signal);
  return EXIT_CODE.OK;
}

/** The directory that the user names, or one that is removed at the end; absolute. */
async function openWorkDirectory(
  workDir: string | undefined,
  resources: AsyncDisposableStack,
): Promise<string> {
  if (workDir !== undefined) {
    await makeDirectory(workDir);
    return resolve(workDir);
  }
  return resources.use(await RunDirectory.create()).path;
}

/** Starts the cluster; undefined where the user has had enough before it was there. */
async function start(
  { port, agents, resources, attributes, workDir }: OptionValues<typeof CLUSTER_OPTIONS>,
  { directory, secret, signal }: { directory: string; secret: string; signal: AbortSignal },
): Promise<ClusterHandle | undefined> {
  const { startCluster } = await import("../cluster/cluster.ts");
  try {
    return await startCluster({
      agents,
      secret,
      signal,
      workDirectory: directory,
      isTemporary: workDir === undefined,
      master: { port },
      agent: {
        resources: resources ?? shareOfMachine(agents, "."),
        ...(attributes === undefined ? {} : { attributes }),
      },
    });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw new UsageError(`Cannot start a cluster: ${reasonOf(error)}`, { cause: error });
  }
}

/** Settles when the user wants the cluster to end. */
function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
