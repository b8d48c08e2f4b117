import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store.ts";
import { DATABASE_NAME, SCHEMA_VERSION, SqliteStore } from "./sqlite_store.ts";
import { newFramework, NO_CHANGES, spec } from "../testing.ts";

const LOG_NAME = `${DATABASE_NAME}-wal`;
const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;

type Files = Record<string, Uint8Array>;

function filesOf(directory: string): Files {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  return Object.fromEntries(
    names.map((name) => [name, Deno.readFileSync(`${directory}/${name}`)]),
  );
}

function withFiles(files: Files, test: (directory: string) => void): void {
  const directory = Deno.makeTempDirSync();
  try {
    for (const [name, bytes] of Object.entries(files)) {
      Deno.writeFileSync(`${directory}/${name}`, bytes);
    }
    test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function commitJobs(store: SqliteStore, jobIDs: readonly number[]): void {
  store.commit({
    ...NO_CHANGES,
    jobs: jobIDs.map((jobID) => ({ jobID, spec: spec(), attempt: 0, killRequested: false })),
  });
}

function jobIDs(directory: string): number[] {
  const store = new SqliteStore(directory);
  try {
    return store.load(newFramework()).jobs.map(({ jobID }) => jobID);
  } finally {
    store.close();
  }
}

/** What a killed scheduler leaves: 100 jobs in the database; three more, one by one, in the log. */
function killed(): { database: Uint8Array; log: Uint8Array } {
  let files: Files = {};
  withFiles({}, (directory) => {
    const first = new SqliteStore(directory);
    commitJobs(first, Array.from({ length: 100 }, (_, i) => i + 1));
    first.close();
    const second = new SqliteStore(directory);
    for (const jobID of [101, 102, 103]) commitJobs(second, [jobID]);
    files = filesOf(directory);
    second.close();
  });
  return { database: files[DATABASE_NAME] as Uint8Array, log: files[LOG_NAME] as Uint8Array };
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.with(index, (bytes[index] as number) ^ 1);
}

/** A database without a log, after some SQL. */
function changed(database: Uint8Array, sql: string): Uint8Array {
  let result = database;
  withFiles({ [DATABASE_NAME]: database }, (directory) => {
    const connection = new DatabaseSync(`${directory}/${DATABASE_NAME}`);
    connection.exec(sql);
    connection.close();
    result = Deno.readFileSync(`${directory}/${DATABASE_NAME}`);
  });
  return result;
}

Deno.test("SqliteStore refuses a damaged database and its log, and leaves them as they were", () => {
  const { database, log } = killed();
  // Jobs that were not touched again: the log has no other copy.
  const zeroed = database.slice().fill(0, 7 * PAGE_BYTES, 8 * PAGE_BYTES);
  const cut = database.subarray(0, database.length - 1000);
  const newer = changed(database, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  const cases: [string, Files, string][] = [
    ["a page of zeros", { [DATABASE_NAME]: zeroed }, "it is damaged: "],
    ["a page of zeros beside a log", { [DATABASE_NAME]: zeroed, [LOG_NAME]: log }, "is damaged: "],
    ["a cut page", { [DATABASE_NAME]: cut }, "it is damaged: its last page is cut off"],
    [
      "nothing beside a log",
      { [DATABASE_NAME]: new Uint8Array(0), [LOG_NAME]: log },
      "it is damaged: it is empty, beside its log",
    ],
    [
      "no version",
      { [DATABASE_NAME]: changed(database, "PRAGMA user_version = 0") },
      "it is damaged: it has no version",
    ],
    [
      "a log with another head",
      { [DATABASE_NAME]: database, [LOG_NAME]: flipped(log, 20) },
      "it is damaged: the head of its write-ahead log is not sound",
    ],
    [
      "a log with a flipped bit in its first commit",
      { [DATABASE_NAME]: database, [LOG_NAME]: flipped(log, 32 + 1000) },
      "it is damaged: frame 1 of its write-ahead log is not sound",
    ],
    ["a later version", { [DATABASE_NAME]: newer }, "written by a newer toil-mesos"],
    ["a later version beside a log", { [DATABASE_NAME]: newer, [LOG_NAME]: log }, "Cannot use "],
  ];
  for (const [name, files, reason] of cases) {
    withFiles(files, (directory) => {
      assertThrows(() => new SqliteStore(directory), StoreError, reason, name);
      assertEquals(filesOf(directory), files, name);
    });
  }
});

Deno.test("SqliteStore opens what a crash leaves: a log whose last commit is cut off", () => {
  const { database, log } = killed();
  const all = Array.from({ length: 103 }, (_, i) => i + 1);
  for (const [missing, last] of [[0, 103], [1, 102], [FRAME_BYTES, 102]] as const) {
    const files = { [DATABASE_NAME]: database, [LOG_NAME]: log.subarray(0, log.length - missing) };
    withFiles(files, (directory) => assertEquals(jobIDs(directory), all.slice(0, last)));
  }
  const torn = { [DATABASE_NAME]: database, [LOG_NAME]: flipped(log, log.length - 1) };
  withFiles(torn, (directory) => assertEquals(jobIDs(directory), all.slice(0, 102)));
});

Deno.test("SqliteStore opens what a crash leaves: a database that was about to be made", () => {
  // A journal of a database that had no page before.
  const journal = new Uint8Array(512);
  journal.set([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
  new DataView(journal.buffer).setUint32(20, 512);
  new DataView(journal.buffer).setUint32(24, PAGE_BYTES);
  const page = killed().database.slice(0, PAGE_BYTES);
  const files = { [DATABASE_NAME]: page, [`${DATABASE_NAME}-journal`]: journal };
  withFiles(files, (directory) => assertEquals(jobIDs(directory), []));
});
