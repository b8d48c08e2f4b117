/**
 * The processes of this machine, and who of them belongs together.
 *
 * @see proc_pid_stat(5)
 * @module
 */

import { parseMarks } from "./marks.ts";

/** A living process. */
export interface ProcessEntry {
  /** Its id. */
  pid: number;
  /** Its parent, or whoever adopted it. */
  parentPid: number;
  /** Its group. */
  groupId: number;
  /** Its session: the id of the process that called setsid(). */
  sessionId: number;
  /** Clock ticks from boot to its start: tells it from a later process with the same id. */
  startTicks: number;
  /** The marks in its environment (see marks.ts); none where it is older than this process. */
  marks: readonly string[];
}

/** What makes a process one of a family; the children of members are members too. */
export interface FamilyTraits {
  /** Members carry one of these marks … */
  marks: readonly string[];
  /** … or are of one of these sessions … */
  sessionIds?: readonly number[] | undefined;
  /** … or were members when last seen. */
  known?: readonly ProcessEntry[] | undefined;
}

const DEAD_STATES = ["Z", "X", "x"];

/** Processes read between two pauses: a few milliseconds' work. */
const SLICE_LENGTH = 64;

/** What /proc/PID/stat says of a process, dead or alive. */
type Stat = Omit<ProcessEntry, "marks"> & { state: string };

function parseAnyStat(text: string): Stat | undefined {
  // The second field is a name in parentheses in which anything can occur.
  const afterName = text.lastIndexOf(")");
  const [state = "", ...numbers] = text.slice(afterName + 1).trim().split(" ");
  const [parentPid = NaN, groupId = NaN, sessionId = NaN] = numbers.map(Number);
  const entry = {
    pid: parseInt(text),
    parentPid,
    groupId,
    sessionId,
    startTicks: Number(numbers[18]),
  };
  const isSound = afterName > 0 && Object.values(entry).every(Number.isInteger);
  return isSound ? { ...entry, state } : undefined;
}

/** Reads the text of /proc/PID/stat; undefined for zombies and for what is no such text. */
export function parseStat(text: string): Omit<ProcessEntry, "marks"> | undefined {
  const { state = "X", ...entry } = parseAnyStat(text) ?? {};
  return "pid" in entry && !DEAD_STATES.includes(state) ? entry : undefined;
}

/** The members of a family. */
export function familyOf(table: readonly ProcessEntry[], traits: FamilyTraits): ProcessEntry[] {
  const marks = new Set(traits.marks);
  const sessionIds = new Set(traits.sessionIds);
  const known = new Set(traits.known?.map(identity));
  const members = new Set(
    table.filter((entry) =>
      entry.marks.some((mark) => marks.has(mark)) ||
      sessionIds.has(entry.sessionId) || known.has(identity(entry))
    ),
  );
  const children = Map.groupBy(table, (entry) => entry.parentPid);
  // A set visits what is added while it is walked.
  for (const member of members) {
    for (const child of children.get(member.pid) ?? []) members.add(child);
  }
  return [...members];
}

/** Names a process for good, as its id alone does not. */
function identity({ pid, startTicks }: ProcessEntry): string {
  return `${pid}@${startTicks}`;
}

/** The text of a file of a process; empty where the process is gone or another user's. */
function readProcessFile(pid: number | string, name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}

/** Reads one process with its marks; undefined where it has ended. */
export function readProcess(pid: number | "self"): ProcessEntry | undefined {
  const entry = parseStat(readProcessFile(pid, "stat"));
  return entry && { ...entry, marks: parseMarks(readProcessFile(pid, "environ")) };
}

/** Whether the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  return parseStat(readProcessFile(pid, "stat")) !== undefined;
}

/** The session of a process that has ended and was not waited for; else undefined. */
export function zombieSession(pid: number): number | undefined {
  const stat = parseAnyStat(readProcessFile(pid, "stat"));
  return stat?.state === "Z" ? stat.sessionId : undefined;
}

/** Reads /proc; processes that vanish meanwhile are left out. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  const table: ProcessEntry[] = [];
  // Who is older descends from nobody here. On a busy node that is nearly everybody.
  const ownStartTicks = parseStat(readProcessFile("self", "stat"))?.startTicks ?? 0;
  const pids = [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name));
  for (const [index, { name: pid }] of pids.entries()) {
    // Reading synchronously costs a third; pauses let others run.
    if (index % SLICE_LENGTH === SLICE_LENGTH - 1) await new Promise((done) => setTimeout(done));
    const entry = parseStat(readProcessFile(pid, "stat"));
    if (!entry) continue;
    const isOlder = entry.startTicks < ownStartTicks;
    table.push({ ...entry, marks: isOlder ? [] : parseMarks(readProcessFile(pid, "environ")) });
  }
  return table;
}
