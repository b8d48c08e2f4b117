/**
 * The processes of this machine, and how they are related.
 *
 * @see proc_pid_stat(5)
 * @module
 */

import { parseMarks } from "./marks.ts";

/** A living process. */
export interface ProcessEntry {
  /** Its id. */
  pid: number;
  /** Its parent, or the process that adopted it. */
  parentPid: number;
  /** Its group. */
  groupId: number;
  /** Its session: the id of the process that called setsid(). */
  sessionId: number;
  /** Clock ticks from boot to its start; distinguishes it from a later process with the same id. */
  startTicks: number;
  /** The marks in its environment (see marks.ts); empty if it is older than this process. */
  marks: readonly string[];
}

/** The criteria of a process tree; children of members are members too. */
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

/** The fields of /proc/PID/stat, of a living process or a zombie. */
type Stat = Omit<ProcessEntry, "marks"> & { state: string };

function parseAnyStat(text: string): Stat | undefined {
  // The second field is a name in parentheses, which may contain any character.
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

/** Parses the text of /proc/PID/stat; undefined for zombies and invalid texts. */
export function parseStat(text: string): Omit<ProcessEntry, "marks"> | undefined {
  const { state = "X", ...entry } = parseAnyStat(text) ?? {};
  return "pid" in entry && !DEAD_STATES.includes(state) ? entry : undefined;
}

/** The members of a process tree. */
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
  // Iterating a set visits values added during the iteration.
  for (const member of members) {
    for (const child of children.get(member.pid) ?? []) members.add(child);
  }
  return [...members];
}

/** Identifies a process uniquely, unlike its id, which is reused. */
function identity({ pid, startTicks }: ProcessEntry): string {
  return `${pid}@${startTicks}`;
}

/** The text of a file of a process; empty if the process has ended or belongs to another user. */
function readProcessFile(pid: number | string, name: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}

/** Reads one process without its marks; undefined if it has ended. */
export function readStat(pid: number | string): ReturnType<typeof parseStat> {
  return parseStat(readProcessFile(pid, "stat"));
}

/** Reads one process with its marks; undefined if it has ended. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const entry = readStat(pid);
  return entry && { ...entry, marks: parseMarks(readProcessFile(pid, "environ")) };
}

/** The start of a process in clock ticks; undefined if it has ended. */
export function startTicksOf(pid: number): number | undefined {
  return readStat(pid)?.startTicks;
}

/** Whether the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  return readStat(pid) !== undefined;
}

/** The session of a zombie; undefined for other processes. */
export function zombieSession(pid: number): number | undefined {
  const stat = parseAnyStat(readProcessFile(pid, "stat"));
  return stat?.state === "Z" ? stat.sessionId : undefined;
}

/** Reads /proc; processes that end meanwhile are left out. */
export async function readProcessTable(): Promise<ProcessEntry[]> {
  const table: ProcessEntry[] = [];
  // Older processes can't be descendants; on a busy node these are most.
  const ownStartTicks = readStat("self")?.startTicks ?? 0;
  const pids = [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name));
  for (const [index, { name: pid }] of pids.entries()) {
    // Synchronous reads cost a third; the pauses keep the event loop responsive.
    if (index % SLICE_LENGTH === SLICE_LENGTH - 1) await new Promise((done) => setTimeout(done));
    const entry = readStat(pid);
    if (!entry) continue;
    const isOlder = entry.startTicks < ownStartTicks;
    table.push({ ...entry, marks: isOlder ? [] : parseMarks(readProcessFile(pid, "environ")) });
  }
  return table;
}
