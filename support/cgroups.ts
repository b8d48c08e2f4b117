/**
 * Finds the control groups of this process, v1 and v2.
 *
 * @see docs/admin-guide/cgroup-v2.rst and cgroup-v1 in the Linux documentation
 * @module
 */

import type { ReadText } from "./read_text.ts";

/** A group as a directory. */
export interface Cgroup {
  /** The hierarchy's version: files have other names in each. */
  readonly version: 1 | 2;
  /** Its directory. */
  readonly directory: string;
}

/** A group's directory and those of its ancestors. */
function* ancestors(mount: string, path: string): Generator<string> {
  const segments = path.split("/").filter((segment) => segment !== "");
  for (let length = segments.length; length >= 0; length--) {
    yield [mount, ...segments.slice(0, length)].join("/");
  }
}

/**
 * The groups by which a controller limits this process: its own, then their ancestors, each of
 * which may set a limit; in a container only the root is visible. Directories need not exist.
 *
 * @param controller For example `cpu` or `memory`.
 * @param read Reads files.
 */
export function* cgroupsOf(controller: string, read: ReadText): Generator<Cgroup> {
  let v1: string | undefined;
  let v2: string | undefined;
  for (const line of read("/proc/self/cgroup")?.split("\n") ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === "") v2 = path;
    if (controllers?.split(",").includes(controller)) v1 = path;
  }
  for (const directory of ancestors("/sys/fs/cgroup", v2 ?? "/")) yield { version: 2, directory };
  // Some systems mount controllers that belong together under one name.
  const names = controller === "cpu" ? ["cpu", "cpu,cpuacct"] : [controller];
  for (const name of names) {
    for (const directory of ancestors(`/sys/fs/cgroup/${name}`, v1 ?? "/")) {
      yield { version: 1, directory };
    }
  }
}
