/**
 * Handles the loss of the terminal.
 *
 * @module
 */

import { type ReadText, readText } from "../../support/read_text.ts";

/** The bit of SIGHUP in the masks of /proc. */
const HANG_UP_BIT = 1n;

/** Whether this process was started to survive its terminal, as by `nohup`. */
export function isHangUpIgnored(read: ReadText = readText): boolean {
  const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read("/proc/self/status") ?? "") ?? [];
  return (BigInt(`0x${mask}`) & HANG_UP_BIT) !== 0n;
}
