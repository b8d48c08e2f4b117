/**
 * The default resources of an agent: those of this machine, less a reserve.
 *
 * @see Containerizer::resources in src/slave/containerizer/containerizer.cpp in Mesos
 * @module
 */

import { statfsSync } from "node:fs";
import type { MesosResource } from "../../mesos/wire/messages.ts";
import { cpuCount } from "../../support/cpu_count.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { parseResources, resourceNames } from "../resources/resource_text.ts";
import { addResources } from "../resources/resource_arithmetic.ts";

const DEFAULT_PORTS = "[31000-32000]";
const SPARE_MEMORY_MIB = 1024;
const SPARE_DISK_MIB = 5 * 1024;

/** The total less a reserve, but at least half of it. */
function spared(totalBytes: number, spareMiB: number): number {
  const totalMiB = totalBytes / MEBIBYTE;
  return Math.floor(totalMiB >= 2 * spareMiB ? totalMiB - spareMiB : totalMiB / 2);
}

function diskMiB(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  return spared(blocks * bsize, SPARE_DISK_MIB);
}

/**
 * The resources in a text such as `cpus:4;mem:4096`, completed with defaults.
 * `directory` is on the disk that is offered.
 *
 * @throws {RangeError} naming the part of the text that can't be read.
 */
export function agentResources(text: string, directory: string): MesosResource[] {
  const named = resourceNames(text);
  const defaults: readonly [name: string, value: () => number | string][] = [
    ["cpus", cpuCount],
    ["mem", () => spared(Deno.systemMemoryInfo().total, SPARE_MEMORY_MIB)],
    ["disk", () => diskMiB(directory)],
    ["ports", () => DEFAULT_PORTS],
  ];
  const missing = defaults.filter(([name]) => !named.has(name));
  return missing.reduce(
    (sum, [name, value]) => addResources(sum, parseResources(`${name}:${value()}`)),
    parseResources(text),
  );
}
