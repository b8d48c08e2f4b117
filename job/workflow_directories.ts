/**
 * The directories in which Toil's workers keep the files of a workflow on a node. Pure.
 *
 * @see toil.common.Toil: get_workflow_path_component, getToilWorkDir, get_toil_coordination_dir
 * @module
 */

import type { WorkerCleanupInfo } from "./task_data.ts";
import type { ReadText } from "../support/read_text.ts";

/** Hexadecimal digits of a UUID. */
const UUID_DIGITS = 32;

/** Files with the node's id; the first that contains one word is used. */
const NODE_ID_FILES = ["/var/lib/dbus/machine-id", "/proc/sys/kernel/random/boot_id"];

/** The default directories of temporary files. */
const TEMPORARY_DIRECTORIES = ["/tmp", "/var/tmp", "/usr/tmp"];

/** The directories of a workflow on this node; none of them need exist. */
export interface WorkflowDirectories {
  /** Holds the workers' directories and the cache. */
  workDirectory: string;
  /** Directories that may hold locks and databases. */
  coordinationDirectories: string[];
}

/** The id of this node, as Toil determines it; undefined when neither file has one. */
export function readNodeId(read: ReadText): string | undefined {
  const lines = NODE_ID_FILES.map((path) => read(path)?.split("\n", 1)[0]?.trim() ?? "");
  return lines.find((line) => /^\S+$/.test(line));
}

/**
 * `toilwf-` and the version 5 UUID, without hyphens, of the workflow in the name space of the node.
 *
 * @throws {RangeError} when the node's id is not a valid UUID.
 */
export async function workflowDirectoryName(nodeId: string, workflowID: string): Promise<string> {
  const digits = nodeId.replaceAll("-", "");
  const padded = digits.padEnd(UUID_DIGITS, digits);
  if (!/^[0-9a-f]{32}$/i.test(padded)) {
    throw new RangeError(`Cannot name the workflow's directory: the node's id is "${nodeId}"`);
  }
  const name = new TextEncoder().encode(workflowID);
  // An executor loads no node:crypto for this: that takes it seconds where its cpu is limited.
  const hash = await crypto.subtle.digest(
    "SHA-1",
    new Uint8Array([...Uint8Array.fromHex(padded), ...name]),
  );
  const uuid = new Uint8Array(hash, 0, UUID_DIGITS / 2);
  uuid[6] = (uuid[6] ?? 0) & 0x0f | 0x50;
  uuid[8] = (uuid[8] ?? 0) & 0x3f | 0x80;
  return `toilwf-${uuid.toHex()}`;
}

/** The paths at which workers with this environment create the directories of that name. */
export function workflowDirectories(
  info: WorkerCleanupInfo,
  environment: Readonly<Record<string, string>>,
  name: string,
): WorkflowDirectories {
  const variable = (key: string) => environment[key] || undefined;
  const temporary = ["TMPDIR", "TEMP", "TMP"].flatMap((key) => variable(key) ?? []);
  const work = variable("TOIL_WORKDIR_OVERRIDE") ?? info.workDir ?? variable("TOIL_WORKDIR") ??
    temporary[0] ?? "/tmp";
  const coordination = variable("TOIL_COORDINATION_DIR_OVERRIDE") ?? info.coordinationDir ??
    variable("TOIL_COORDINATION_DIR");
  const runtime = variable("XDG_RUNTIME_DIR");
  // The choice of a worker depends on the size of file systems; the name identifies the directory.
  const bases = coordination !== undefined ? [coordination] : [
    ...(runtime === undefined ? [] : [`${runtime}/toil`]),
    "/run/lock",
    ...temporary,
    ...TEMPORARY_DIRECTORIES,
  ];
  return {
    workDirectory: `${work}/${name}`,
    coordinationDirectories: bases.map((base) => `${base}/${name}`),
  };
}
