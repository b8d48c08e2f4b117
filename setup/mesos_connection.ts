/**
 * The connection to a Mesos: how its leading master is found, and the drivers that talk to it.
 *
 * @module
 */

import {
  type MasterDetector,
  parseMasters,
  StaticMasterDetector,
} from "../mesos/detector/master_detector.ts";
import type { Credential } from "../mesos/http/credential.ts";
import { MesosSchedulerDriver } from "../mesos/scheduler_driver.ts";
import type { DriverFactory } from "../scheduler/mesos_link.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

/** How to authenticate, and which certificates to trust. */
export interface MesosAccess {
  /** Principal and secret, where the master asks for them. */
  readonly credential: Credential | undefined;
  /** PEM certificates to trust; undefined: those of the system. */
  readonly caCertificates: string | undefined;
}

/** How to reach a Mesos. */
export interface MesosConnection extends MesosAccess {
  /** An endpoint other than `local`. */
  readonly endpoint: string;
}

/**
 * Makes drivers for a Mesos, each with a detector of its own.
 *
 * @throws {UsageError} when the endpoint cannot be parsed.
 */
export async function connectTo(
  { endpoint, ...access }: MesosConnection,
): Promise<DriverFactory> {
  const scheme = access.caCertificates === undefined ? "http" : "https";
  const createDetector = await detectorFor(endpoint, scheme);
  return (scheduler, frameworkInfo) =>
    new MesosSchedulerDriver(scheduler, { detector: createDetector(), frameworkInfo, ...access });
}

/** The scheme is that of masters whose endpoint does not name one. */
async function detectorFor(
  endpoint: string,
  scheme: "http" | "https",
): Promise<() => MasterDetector> {
  try {
    if (endpoint.startsWith("zk://")) {
      const { parseZooKeeperEndpoint, ZooKeeperMasterDetector } = await import(
        "../mesos/detector/zookeeper_master_detector.ts"
      );
      const zooKeeper = parseZooKeeperEndpoint(endpoint);
      return () => new ZooKeeperMasterDetector(zooKeeper, scheme);
    }
    const masters = parseMasters(endpoint, scheme);
    return () => new StaticMasterDetector(masters);
  } catch (error) {
    throw new UsageError(`--endpoint: ${reasonOf(error)}`, { cause: error });
  }
}
