/**
 * Kills a process tree as Mesos' posix launcher does: the process, its descendants, and
 * the members of their groups and sessions. A process that left all three is not found.
 *
 * @see stout/os/posix/killtree.hpp in Mesos
 * @module
 */

import { readStat } from "../../process/process_table.ts";
import { sendSignal } from "../../process/signals.ts";

export type Process = NonNullable<ReturnType<typeof readStat>>;

function readProcesses(): Process[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => name);
  return pids.filter((name) => /^\d+$/.test(name)).flatMap((pid) => readStat(pid) ?? []);
}

/** The members of a tree that was led by `root`, which may have ended; never ourselves. */
export function treeOf(processes: readonly Process[], root: number): Process[] {
  const leader = processes.find(({ pid }) => pid === root);
  const parent = processes.find(({ pid }) => pid === leader?.parentPid);
  const pids = new Set([root]);
  const groups = new Set([root]);
  const sessions = new Set([root]);
  const members = new Set<Process>();
  // Never up the tree: the groups and sessions of the parent are not followed.
  const [foreignGroup, foreignSession] = [parent?.groupId, parent?.sessionId];
  for (let before = -1; before < members.size;) {
    before = members.size;
    for (const process of processes) {
      const belongs = pids.has(process.pid) || pids.has(process.parentPid) ||
        groups.has(process.groupId) || sessions.has(process.sessionId);
      if (!belongs || process.pid === Deno.pid) continue;
      members.add(process);
      pids.add(process.pid);
      if (process.groupId !== foreignGroup) groups.add(process.groupId);
      if (process.sessionId !== foreignSession) sessions.add(process.sessionId);
    }
  }
  return [...members];
}

/** Stops all members, so that none can fork meanwhile, and then kills them. */
export function killTree(root: number): void {
  const stopped = new Set<number>();
  while (true) {
    const fresh = treeOf(readProcesses(), root).filter(({ pid }) => !stopped.has(pid));
    if (fresh.length === 0) break;
    for (const { pid } of fresh) {
      sendSignal(pid, "SIGSTOP");
      stopped.add(pid);
    }
  }
  for (const pid of stopped) sendSignal(pid, "SIGKILL");
}
