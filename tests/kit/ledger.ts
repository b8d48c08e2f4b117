/**
 * The books that the jobs keep themselves: each appends a line when it starts and one when it ends.
 * What was reported is compared with these alone.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { JobInput } from "../../control/client_types.ts";
import type { ResultLine } from "./results.ts";

/** What a job does besides keeping the books. */
export interface LedgerJob {
  /** Its name; unique. */
  readonly name: string;
  /** Shell commands between start and end. */
  readonly work?: string;
  /** Its exit status. @default {0} */
  readonly exitStatus?: number;
  /** Other fields of the job line. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What a job has done. */
export interface Entry {
  /** The processes that started it. */
  readonly starts: number[];
  /** The processes that came to its end. */
  readonly ends: number[];
}

const MEBIBYTES = 64;

/** A file of lines `NAME start|end PID`. */
export class Ledger {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The job line. */
  job({ name, work = ":", exitStatus = 0, fields = {} }: LedgerJob): JobInput {
    // One write of less than a page with O_APPEND: lines of different jobs never mix.
    const note = (what: string) => `echo "${name} ${what} $$" >> ${this.#path}`;
    return {
      name,
      command: `${note("start")}; ${work}; ${note("end")}; exit ${exitStatus}`,
      memory: `${MEBIBYTES}Mi`,
      disk: `${MEBIBYTES}Mi`,
      ...fields,
    };
  }

  /** What has happened, by the names of the jobs. */
  read(): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const line of this.#lines()) {
      const [name = "", what, pid] = line.split(" ");
      const entry = entries.get(name) ?? { starts: [], ends: [] };
      (what === "start" ? entry.starts : entry.ends).push(Number(pid));
      entries.set(name, entry);
    }
    return entries;
  }

  /** The processes of jobs that have started and not come to their end, by name. */
  running(): Map<string, number> {
    const running = new Map<string, number>();
    for (const [name, { starts: [pid], ends }] of this.read()) {
      if (pid !== undefined && ends.length === 0) running.set(name, pid);
    }
    return running;
  }

  #lines(): string[] {
    try {
      return Deno.readTextFileSync(this.#path).trimEnd().split("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

/**
 * What jobs say of themselves agrees with what was reported of them: each is reported once, none ran
 * twice, what is reported to have ended has, and as reported.
 *
 * @throws {AssertionError} that lists what does not agree.
 */
export function assertAccounted(
  jobs: readonly LedgerJob[],
  ledger: Ledger,
  results: readonly ResultLine[],
): void {
  const entries = ledger.read();
  const problems: string[] = [];
  for (const { name, exitStatus = 0 } of jobs) {
    const reported = results.filter((result) => result.name === name);
    const { starts, ends } = entries.get(name) ?? { starts: [], ends: [] };
    const truth = `${starts.length} starts, ${ends.length} ends`;
    const [result] = reported;
    if (reported.length !== 1 || !result) {
      problems.push(`${name}: ${reported.length} results (${truth})`);
      continue;
    }
    const said = `${result.exitReason} with ${result.exitStatus}: ${result.message}`;
    if (starts.length > 1) problems.push(`${name}: ran twice (${truth}), reported ${said}`);
    if (result.exitReason === "LOST") continue;
    const expected = exitStatus === 0 ? "FINISHED" : "FAILED";
    const isRight = result.exitReason === expected && result.exitStatus === exitStatus &&
      starts.length === 1 && ends.length === 1;
    if (!isRight) problems.push(`${name}: ${truth}, reported ${said}`);
  }
  assertEquals(problems, []);
  assertEquals(results.length, jobs.length);
}
