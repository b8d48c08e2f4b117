/**
 * The Mesos to use: one that is there, or one of our own for as long as we run.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import { DEFAULT_MASTER_PORT, parseMasters } from "../mesos/detector/master_detector.ts";
import type { Credential } from "../mesos/http/credential.ts";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";
import { cpuCount } from "../support/cpu_count.ts";
import { MEBIBYTE } from "../support/units.ts";
import { UsageError } from "../support/usage_error.ts";
import { findCredential } from "./cluster_secret.ts";
import type { RuntimeOptions } from "./runtime_directory.ts";

/** More agents than this on one machine are of no use. */
export const MAX_LOCAL_AGENTS = 100;

const LOCAL_REGEXP = /^local(?::(.*))?$/;

const LOOPBACK_REGEXP = /^(?:localhost|127(?:\.\d+){3})$/;

/** Left out of URLs. */
const HTTP_PORT = 80;

/** How long to wait for a connection to this host, in milliseconds. */
const CONNECT_MS = 1_000;

/** A Mesos to use, for as long as this is open. */
export interface OpenEndpoint extends AsyncDisposable {
  /** An endpoint that is not `local`. */
  readonly endpoint: string;
  /** What its master asks schedulers to prove, where that is known. */
  readonly credential: Credential | undefined;
  /** Whether this Mesos, and every job on it, ends when this is closed. */
  readonly isTemporary: boolean;
}

/**
 * This machine, divided among agents: `cpus:1;mem:8000;disk:30000`. The disk is the whole one, as
 * with Mesos: an agent that is started again in its directory must have what it had.
 */
export function shareOfMachine(agents: number, directory: string): string {
  const share = (amount: number) => Math.max(1, Math.floor(amount / agents));
  const { blocks, bsize } = statfsSync(directory);
  const memoryMib = Math.floor(Deno.systemMemoryInfo().total / MEBIBYTE);
  const diskMib = Math.floor((blocks * bsize) / MEBIBYTE);
  return `cpus:${share(cpuCount())};mem:${share(memoryMib)};disk:${share(diskMib)}`;
}

/** Whether an endpoint stands for an embedded Mesos. */
export function isLocal(endpoint: string | undefined): boolean {
  return LOCAL_REGEXP.test(endpoint ?? "");
}

/** What opening an endpoint needs. */
export interface EndpointOptions {
  /** For an embedded Mesos. */
  readonly directory: string;
  /** What the user gave for a Mesos that is there. */
  readonly credential?: Credential | undefined;
  /** Where the secret of an embedded Mesos of the same user may be found. */
  readonly runtime?: RuntimeOptions;
  /** Ends the wait for the agents of an embedded Mesos. */
  readonly signal?: AbortSignal;
}

/**
 * Opens an endpoint; `local[:AGENTS]` starts an embedded Mesos.
 *
 * @param endpoint As the user wrote it; undefined: this host.
 * @throws {UsageError} when the number of agents is none.
 */
export async function openEndpoint(
  endpoint: string | undefined,
  { directory, credential, runtime, signal }: EndpointOptions,
): Promise<OpenEndpoint> {
  const local = LOCAL_REGEXP.exec(endpoint ?? "");
  if (!local) {
    const present = endpoint ?? await defaultEndpoint();
    const own = credential || !runtime ? undefined : await findOwnCluster(present, runtime);
    return {
      endpoint: own?.endpoint ?? present,
      credential: credential ?? own?.credential,
      isTemporary: false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const agents = Number(local[1] ?? 1);
  if (!(Number.isInteger(agents) && agents >= 1 && agents <= MAX_LOCAL_AGENTS)) {
    throw new UsageError(`--endpoint: expected local:1 to local:${MAX_LOCAL_AGENTS}`);
  }
  const { startCluster } = await import("../cluster/cluster.ts");
  const cluster = await startCluster({
    agents,
    workDirectory: directory,
    isTemporary: true,
    ...(signal ? { signal } : {}),
    agent: { resources: shareOfMachine(agents, directory) },
  });
  return {
    endpoint: cluster.address,
    credential: cluster.credential,
    isTemporary: true,
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

/**
 * The Mesos of this host: at its address, or at the loopback address, as an embedded one is.
 *
 * @param findListening Finds the first of several endpoints that takes a connection.
 */
export async function defaultEndpoint(findListening = firstListening): Promise<string> {
  const usual = getDefaultMesosEndpoint();
  return await findListening([usual, `127.0.0.1:${DEFAULT_MASTER_PORT}`]) ?? usual;
}

/** The first `HOST:PORT` that takes a connection. */
export async function firstListening(endpoints: readonly string[]): Promise<string | undefined> {
  for (const endpoint of endpoints) {
    const { hostname, port } = new URL(`http://${endpoint}`);
    try {
      const signal = AbortSignal.timeout(CONNECT_MS);
      (await Deno.connect({ hostname, port: Number(port), signal })).close();
      return endpoint;
    } catch {
      // No Mesos is there.
    }
  }
  return undefined;
}

/** An embedded Mesos of this user. */
interface OwnCluster {
  readonly endpoint: string;
  readonly credential: Credential;
}

/**
 * Finds the secret of an embedded Mesos at an endpoint. It stays on this host. Of several clusters,
 * each of which has a secret of its own, the first that listens is used.
 */
async function findOwnCluster(
  endpoint: string,
  runtime: RuntimeOptions,
): Promise<OwnCluster | undefined> {
  const masters = localMasters(endpoint);
  const clusters = masters.flatMap(({ host, port }) => {
    const credential = findCredential(Number(port || HTTP_PORT), runtime);
    return credential ? [{ endpoint: host, credential }] : [];
  });
  const [first, ...others] = clusters;
  if (!first) return undefined;
  const isOne = others.every(({ credential }) => credential.secret === first.credential.secret);
  if (isOne) return { ...first, endpoint };
  const listening = await firstListening(clusters.map((cluster) => cluster.endpoint));
  return clusters.find((cluster) => cluster.endpoint === listening) ?? first;
}

/** The masters of an endpoint, if all are on this host; none otherwise. */
function localMasters(endpoint: string): URL[] {
  if (endpoint.startsWith("zk://")) return [];
  try {
    const masters = parseMasters(endpoint);
    return masters.every(({ hostname }) => LOOPBACK_REGEXP.test(hostname)) ? masters : [];
  } catch {
    // The driver reports the error.
    return [];
  }
}
