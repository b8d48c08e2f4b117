/**
 * What `toil-mesos cluster` does.
 *
 * @module
 */

import { resolve } from "node:path";
import { type ClusterHandle, startCluster } from "../cluster/cluster.ts";
import { keepSecret, publishSecret } from "../setup/cluster_secret.ts";
import { MAX_LOCAL_AGENTS, shareOfMachine } from "../setup/endpoint.ts";
import { makeDirectory } from "../setup/make_directory.ts";
import { RunDirectory } from "../setup/temporary_directory.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import type { CLUSTER_OPTIONS } from "./cluster_subcommand.ts";
import { EXIT_CODE } from "./exit_code.ts";
import type { OptionValues } from "./options/parse_options.ts";
import type { System } from "./system.ts";

const MAX_PORT = 65_535;

/** Runs a cluster until a signal ends it; resolves to the exit code. */
export async function runCluster(
  options: OptionValues<typeof CLUSTER_OPTIONS>,
  system: System,
): Promise<number> {
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
