/**
 * The end of a family of processes that does not want to end.
 *
 * @module
 */

import { delay } from "./deadline.ts";
import type { ProcessScanner } from "./process_scanner.ts";
import { familyOf, type FamilyTraits, type ProcessEntry, readProcess } from "./process_table.ts";
import { sendSignal } from "./signals.ts";

/** With the pauses between them some 8 s: then only the kernel can be keeping them. */
const MAX_ROUNDS = 20;

const FIRST_PAUSE_MS = 5;
const MAX_PAUSE_MS = 500;

/** The pause after a pause: they double, up to half a second. */
export function longerPause(pauseMs: number): number {
  return Math.min(pauseMs * 2, MAX_PAUSE_MS);
}

/** Sends SIGKILL to the members of a family, again and again, until there are none. */
export async function killFamily(
  scanner: ProcessScanner,
  traits: FamilyTraits,
): Promise<ProcessEntry[]> {
  let members = familyOf(await scanner.scan(), traits);
  let pauseMs = FIRST_PAUSE_MS;
  for (let round = 0; members.length > 0 && round < MAX_ROUNDS; round++) {
    // The whole groups, as members may fork: who is in a member's group descends from us too, unless
    // the member has not left our own group yet.
    const ownGroupId = readProcess("self")?.groupId;
    for (const { pid, groupId } of members) {
      sendSignal(groupId === ownGroupId ? pid : -groupId, "SIGKILL");
    }
    await delay(pauseMs);
    pauseMs = longerPause(pauseMs);
    members = familyOf(await scanner.scan(), { ...traits, known: members });
  }
  return members;
}
