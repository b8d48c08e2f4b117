/**
 * Kills a process tree with SIGKILL.
 *
 * @module
 */

import { delay } from "./deadline.ts";
import type { ProcessScanner } from "./process_scanner.ts";
import { familyOf, type FamilyTraits, type ProcessEntry, readStat } from "./process_table.ts";
import { sendSignal } from "./signals.ts";

/** About 8 s with the pauses in between; only the kernel can keep processes alive for longer. */
const MAX_ROUNDS = 20;

const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 500;

/** The next pause: pauses double, up to half a second. */
export function longerPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, MAX_PAUSE_MS);
}

/** Sends SIGKILL to the members of a process tree repeatedly until none is left. */
export async function killFamily(
  scanner: ProcessScanner,
  traits: FamilyTraits,
): Promise<ProcessEntry[]> {
  let members = familyOf(await scanner.scan(), traits);
  let pauseMs = FIRST_PAUSE_MS;
  for (let round = 0; members.length > 0 && round < MAX_ROUNDS; round++) {
    // Kill whole groups, as members may fork: all members of such a group descend from us too,
    // unless the member has not left our own group yet.
    const ownGroupId = readStat("self")?.groupId;
    for (const { pid, groupId } of members) {
      sendSignal(groupId === ownGroupId ? pid : -groupId, "SIGKILL");
    }
    await delay(pauseMs);
    pauseMs = longerPause(pauseMs);
    members = familyOf(await scanner.scan(), { ...traits, known: members });
  }
  return members;
}
