/**
 * How the framework introduces itself to Mesos. Pure.
 *
 * @module
 */

import type { FrameworkInfo, FrameworkInfoCapabilityType } from "../../mesos/wire/messages.ts";
import type { FrameworkRecord } from "./records.ts";

/** What the user decided about the framework. */
export interface FrameworkSettings {
  /** Shown by Mesos. */
  readonly name: string;
  /** The user that executors run as. */
  readonly user: string;
  /** The roles to get offers for; none: `*`. */
  readonly roles: readonly string[];
  /** Who we are to the master. */
  readonly principal: string | undefined;
  /** The host that the scheduler runs on. */
  readonly hostname: string;
  /** For how long the master keeps tasks while the scheduler is away. */
  readonly failoverTimeoutMs: number;
}

/** The introduction. It is the same after a restart, save for what the record says. */
export function frameworkInfo(
  settings: FrameworkSettings,
  { frameworkId, usesGpus }: FrameworkRecord,
): FrameworkInfo {
  const capabilities: FrameworkInfoCapabilityType[] = [
    "MULTI_ROLE",
    "PARTITION_AWARE",
    // With it, nodes with GPUs are offered too, and other jobs would fill them.
    ...(usesGpus ? ["GPU_RESOURCES" as const] : []),
  ];
  return {
    user: settings.user,
    name: settings.name,
    roles: settings.roles.length > 0 ? [...settings.roles] : ["*"],
    ...(settings.principal ? { principal: settings.principal } : {}),
    hostname: settings.hostname,
    failover_timeout: settings.failoverTimeoutMs / 1000,
    checkpoint: true,
    capabilities: capabilities.map((type) => ({ type })),
    ...(frameworkId ? { id: { value: frameworkId } } : {}),
  };
}
