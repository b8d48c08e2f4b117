/**
 * Result lines as they are found in their file.
 *
 * @module
 */

import { assert } from "@std/assert";

/** A line. */
export interface ResultLine {
  readonly jobID: number;
  readonly name: string;
  readonly exitStatus: number;
  readonly exitReason: string;
  readonly wallTime: number;
  readonly node: string;
  readonly message: string;
}

/** All lines; each must be whole. None where there is no file yet. */
export function readResults(path: string): ResultLine[] {
  const text = readText(path);
  assert(text === "" || text.endsWith("\n"), `${path} ends within a line`);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The number of whole lines. */
export function countLines(path: string): number {
  return readText(path).split("\n").length - 1;
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
