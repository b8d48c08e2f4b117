/**
 * The address of this host by which others reach it.
 *
 * @module
 */

import { connectTcp } from "../http/connect_tcp.ts";
import { DEFAULT_MASTER_PORT } from "../mesos/detector/master_detector.ts";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";

/** How long to try to connect, in milliseconds. */
const CONNECT_MS = 3_000;

/** `HOST:PORT` of the first server of an endpoint. */
function firstServer(endpoint: string): { hostname: string; port: number } | undefined {
  const server = endpoint.replace(/^[a-z]+:\/\//i, "").replace(/^[^@/]*@/, "").split(/[,/]/)[0];
  const url = URL.parse(`http://${server}`);
  if (!url) return undefined;
  // The URL has no port where it is the usual one of http.
  const port = Number(/:(\d+)$/.exec(server ?? "")?.[1] ?? DEFAULT_MASTER_PORT);
  return { hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
}

/**
 * Our own address on the way to a Mesos: the agents are where the master is. Where the master can't
 * be reached yet it is the first address of this host that is not for itself alone.
 */
export async function localAddressTowards(endpoint: string): Promise<string> {
  const server = firstServer(endpoint);
  try {
    if (!server) throw new TypeError("no server in the endpoint");
    using connection = await connectTcp(server, AbortSignal.timeout(CONNECT_MS));
    const { localAddr } = connection;
    if (!("hostname" in localAddr)) throw new TypeError("no IP address");
    return localAddr.hostname.replace(/^::ffff:/, "");
  } catch {
    return getDefaultMesosEndpoint().replace(/:\d+$/, "");
  }
}
