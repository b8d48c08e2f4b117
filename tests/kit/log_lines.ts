/**
 * What users see in the log.
 *
 * @module
 */

import { configureRootLogger } from "../../support/log.ts";

/** The lines of level WARN and above that something logs, without their times. */
export async function warnings(act: () => unknown): Promise<string[]> {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line.replace(/^\S+ /, ""));
  configureRootLogger({ level: "WARN", format: "text", write });
  try {
    await act();
  } finally {
    configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  }
  return lines;
}
