/**
 * Databases of schedulers that were damaged while nobody looked: refused with a clear error and left
 * untouched, or opened with all that was written.
 *
 * What SQLite can't see, and so is not asked for here (commit_mark.ts finds most of it):
 *
 * - Its pages carry no checksum. A change within the text of a record that leaves it a sound record
 *   is taken for what was written; of a long one, whole sectors can be exchanged. (Other pages that
 *   are stale, exchanged or garbage do not fit their neighbours.)
 * - The write-ahead log does carry checksums, but a commit that is damaged there looks like one that
 *   was being written when the machine died: the log ends before it. So what is opened may be
 *   missing the last commits, and only those; Mesos is asked about everything in them.
 * - Nothing ties a log to its database: that of another one is applied if it is sound itself.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { encodeRecord, RecordIoDecoder } from "../../mesos/wire/recordio.ts";
import type { JobRecord } from "../../scheduler/core/records.ts";
import type { Changes } from "../../scheduler/core/change_log.ts";
import { StoreError } from "../../scheduler/store/store.ts";
import { DATABASE_NAME, SqliteStore } from "../../scheduler/store/sqlite_store.ts";
import { newFramework, NO_CHANGES, scalar, spec } from "../../scheduler/testing.ts";
import type { Chance } from "../sim/chance.ts";
import { randomBytes } from "./mutation.ts";
import { attempt, type Target } from "./target.ts";

/** The files of a store. */
interface Files {
  database: Uint8Array;
  /** The write-ahead log; empty for none. */
  log: Uint8Array;
  /** Not empty when the log is another database's. */
  isForeign: Uint8Array;
}

/** The rows of a store: table and key → text of the record. */
type Rows = Map<string, string>;

const LOG_NAME = `${DATABASE_NAME}-wal`;
const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** Without the mark that finds out what SQLite can't see. */
const RESTORED = { isRestored: true };

/** Bytes that a few flipped bits can have changed. */
const MAX_CHANGED_CHARACTERS = 4;

// Databases ---------------------------------------------------------------------------------

function toBytes({ database, log, isForeign }: Files): Uint8Array {
  return new Uint8Array([database, log, isForeign].flatMap((file) => [...encodeRecord(file)]));
}

function toFiles(input: Uint8Array): Files {
  const [database, log, isForeign] = new RecordIoDecoder().push(input);
  return { database, log, isForeign } as Files;
}

function job(jobID: number, command: string): JobRecord {
  return { jobID, spec: spec({ command }), attempt: 0, killRequested: false };
}

/** What a scheduler writes in its life; each a commit. */
function commits(life: string): Changes[] {
  const jobs = Array.from(
    { length: 40 },
    (_, i) => job(i + 1, `${life} ${i} ${"x".repeat(i * 9)}`),
  );
  const executor = { role: "*", executorId: `e-${life}`, resources: [scalar("mem", 32)] };
  const framework = { ...newFramework(), frameworkId: life, nextJobID: 41 };
  const digest = "0123456789abcdef".repeat(4);
  return [
    {
      ...NO_CHANGES,
      framework,
      // One that needs pages of its own.
      jobs: [...jobs, job(41, "long ".repeat(2500))],
      executors: Array.from({ length: 12 }, (_, i) => ({ ...executor, agentId: `agent-${i}` })),
      jobFiles: [{ digest, issued: 40, ended: {} }],
    },
    { ...NO_CHANGES, deletedJobIDs: [1, 3, 5], jobs: [{ ...job(2, "true"), attempt: 1 }] },
    { ...NO_CHANGES, framework: { ...framework, nextJobID: 43 }, jobs: [job(42, life)] },
    { ...NO_CHANGES, deletedExecutors: [{ ...executor, agentId: "agent-3" }], deletedJobIDs: [41] },
  ];
}

function read(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array(0);
    throw error;
  }
}

function withDirectory<T>(use: (directory: string) => T): T {
  const directory = Deno.makeTempDirSync();
  try {
    return use(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function write(directory: string, { database, log }: Files): void {
  Deno.writeFileSync(`${directory}/${DATABASE_NAME}`, database);
  if (log.length > 0) Deno.writeFileSync(`${directory}/${LOG_NAME}`, log);
}

/** The rows as SQLite sees them, whatever is in them. */
function readRows(files: Files): Rows {
  return withDirectory((directory) => {
    write(directory, files);
    const database = new DatabaseSync(`${directory}/${DATABASE_NAME}`);
    try {
      const rows: Rows = new Map();
      const tables = database.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'progress'",
      ).all();
      for (const table of tables.map(({ name }) => String(name))) {
        for (const { record, ...key } of database.prepare(`SELECT * FROM ${table}`).all()) {
          rows.set([table, ...Object.values(key)].join(" "), String(record));
        }
      }
      return rows;
    } finally {
      database.close();
    }
  });
}

/** The files as a killed scheduler leaves them, after some commits to the log. */
function killedAfter(life: string, { inDatabase, inLog }: { inDatabase: number; inLog: number }) {
  return withDirectory((directory) => {
    const changes = commits(life);
    for (const count of [inDatabase, inLog]) {
      const store = new SqliteStore(directory);
      for (const change of changes.splice(0, count)) store.commit(change);
      if (count === inLog) {
        const isForeign = new Uint8Array(0);
        const [database, log] = [DATABASE_NAME, LOG_NAME].map((name) =>
          read(`${directory}/${name}`)
        );
        store.close();
        return { database, log, isForeign } as Files;
      }
      store.close();
    }
    throw new Error("not reached");
  });
}

/** Files, and the rows after each commit up to theirs. */
interface Base {
  readonly files: Files;
  readonly states: readonly Rows[];
}

let bases: readonly Base[] | undefined;

/** Sound files. */
function soundBases(): readonly Base[] {
  bases ??= ["one life", "another life"].flatMap((life) => {
    const states = [0, 1, 2, 3, 4].map((inLog) =>
      readRows(killedAfter(life, { inDatabase: 0, inLog }))
    );
    return [[1, 3], [2, 0], [0, 2]].map(([inDatabase = 0, inLog = 0]) => ({
      files: killedAfter(life, { inDatabase, inLog }),
      states: states.slice(0, inDatabase + inLog + 1),
    }));
  });
  return bases;
}

// Damage ------------------------------------------------------------------------------------

function damage(file: Uint8Array, chance: Chance, maxFlips: number): Uint8Array {
  const size = chance.pick([SECTOR_BYTES, PAGE_BYTES]);
  const places = Math.floor(file.length / size);
  const place = () => chance.whole(0, Math.max(0, places - 1)) * size;
  const result = file.slice();
  const at = place();
  switch (chance.whole(0, 6)) {
    case 0:
    case 1: {
      const end = chance.pick([100, file.length]);
      for (let left = chance.whole(1, maxFlips); left > 0; left--) {
        const index = chance.whole(0, Math.min(end, file.length) - 1);
        result[index] = (result[index] as number) ^ (1 << chance.whole(0, 7));
      }
      return result;
    }
    case 2:
      return result.fill(0, at, at + size);
    case 3:
      result.set(randomBytes(chance, Math.min(size, file.length - at)), at);
      return result;
    case 4:
      result.set(file.subarray(place()).subarray(0, Math.min(size, file.length - at)), at);
      return result;
    case 5:
      return result.subarray(0, chance.happens(0.5) ? at : chance.whole(0, file.length));
    default:
      return new Uint8Array([...result, ...randomBytes(chance, chance.whole(1, size))]);
  }
}

function mutate(input: Uint8Array, chance: Chance, others: readonly Uint8Array[]): Uint8Array {
  const files = toFiles(input);
  const kind = chance.next();
  if (kind < 0.1) {
    files.log = toFiles(chance.pick(others)).log;
    files.isForeign = new Uint8Array(1);
  } else if (kind < 0.4 && files.log.length > 0) {
    // The checksums of a log are sums: two flipped bits can cancel each other out.
    files.log = damage(files.log, chance, 1);
  } else files.database = damage(files.database, chance, MAX_CHANGED_CHARACTERS);
  return toBytes(files);
}

// What must hold ----------------------------------------------------------------------------

/** What earlier versions have written although it need not be, as JSON. */
const DEFAULTS: Readonly<Record<string, string>> = {
  attempt: "0",
  environment: "{}",
  gpus: "0",
  killRequested: "false",
  local: "false",
  preemptible: "false",
};

/** The text of a record with its fields sorted and without defaults: earlier versions, which have
 * written the kept inputs, have written them in other orders, and whole. */
function inOrder(text: string): string {
  const isNeeded = ([name, value]: [string, unknown]) => DEFAULTS[name] !== JSON.stringify(value);
  const sorted = (_name: string, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(isNeeded).sort())
      : value;
  try {
    return JSON.stringify(JSON.parse(text), sorted);
  } catch {
    return text;
  }
}

/** Whether a record is another but for what a few flipped bits change. */
function isNear(text: string, other: string): boolean {
  return isNearText(text, other) || isNearText(inOrder(text), inOrder(other));
}

function isNearText(text: string, other: string): boolean {
  if (text === other) return true;
  // Whole sectors of it hold nothing but text, which can be exchanged unseen.
  if (other.length > PAGE_BYTES) return true;
  if (text.length !== other.length) return false;
  let changed = 0;
  for (let i = 0; i < text.length; i++) if (text[i] !== other[i]) changed++;
  return changed <= MAX_CHANGED_CHARACTERS;
}

function isNearState(rows: Rows, state: Rows): boolean {
  return rows.size === state.size &&
    [...rows].every(([key, text]) => isNear(text, state.get(key) ?? ""));
}

/**
 * The states that damaged files may show. A log that is as long as it was shows that no more than
 * the commit that is damaged and the one after it can be missing.
 */
function allowedStates({ database, log }: Files): readonly Rows[] {
  const own = soundBases().filter(({ files }) =>
    files.log.length <= log.length && isEqual(files.database, database)
  );
  if (own.length > 0) return own.flatMap(({ states }) => states.slice(-3));
  return soundBases().flatMap(({ states }) => states);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function listed(directory: string): Record<string, Uint8Array> {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  return Object.fromEntries(names.map((name) => [name, read(`${directory}/${name}`)]));
}

function assertClear({ message }: Error, directory: string): void {
  assert(/^Cannot (use|open|read|write to) /.test(message) && message.includes(directory), message);
  assert(!message.includes("\n") && message.length < 400, message);
}

/** Goes on with what was opened: what is written then is there when it is opened again. */
function goOn(store: SqliteStore, directory: string): string {
  const before = store.load(newFramework());
  const added = job(1_000_000, "added");
  const committed = attempt(StoreError, () => store.commit({ ...NO_CHANGES, jobs: [added] }));
  if ("refused" in committed) {
    assertClear(committed.refused, directory);
    assertEquals(store.load(newFramework()), before);
    return "refused when it was written to";
  }
  store.close();
  const again = new SqliteStore(directory);
  try {
    assertEquals(again.load(newFramework()), { ...before, jobs: [...before.jobs, added] });
    return "opened";
  } finally {
    again.close();
  }
}

function check(input: Uint8Array): string {
  const files = toFiles(input);
  return withDirectory((directory) => {
    write(directory, files);
    const before = listed(directory);
    const opened = attempt(StoreError, () => new SqliteStore(directory, RESTORED));
    if ("refused" in opened) {
      assertClear(opened.refused, directory);
      assertEquals(listed(directory), before, "it is left untouched");
      return "refused";
    }
    const store = opened.value;
    try {
      const loaded = attempt(StoreError, () => store.load(newFramework()));
      if ("refused" in loaded) {
        assertClear(loaded.refused, directory);
        store.close();
        const isForeign = new Uint8Array(0);
        const database = read(`${directory}/${DATABASE_NAME}`);
        assertEquals(readRows({ database, log: new Uint8Array(0), isForeign }), readRows(files));
        return "refused when it was read";
      }
      if (files.isForeign.length === 0) {
        const rows = readRows(files);
        const isAllowed = allowedStates(files).some((state) => isNearState(rows, state));
        assert(isAllowed, "a wrong record, or one too few");
      }
      return goOn(store, directory);
    } finally {
      store.close();
    }
  });
}

/** Databases. */
export const storeTarget: Target = {
  name: "store",
  iterations: 60,
  seeds: () => soundBases().map(({ files }) => toBytes(files)),
  mutate,
  check,
};
