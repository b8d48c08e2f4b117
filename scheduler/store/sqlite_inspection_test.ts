import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store.ts";
import { DATABASE_NAME, MARK_NAME, SCHEMA_VERSION, SqliteStore } from "./sqlite_store.ts";
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
  const store = new SqliteStore(directory, { isRestored: true });
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
  const zeroed = database.slice().fill(0, 8 * PAGE_BYTES, 9 * PAGE_BYTES);
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

/** The files of a scheduler that was killed after three commits to its log, put back as they were. */
function withKilled(test: (directory: string) => void): void {
  withFiles({}, (directory) => {
    const store = new SqliteStore(directory);
    for (const jobID of [1, 2, 3]) commitJobs(store, [jobID]);
    const files = filesOf(directory);
    store.close();
    // Into the same files: a copy would be another one.
    for (const [name, bytes] of Object.entries(files)) {
      Deno.writeFileSync(`${directory}/${name}`, bytes);
    }
    test(directory);
  });
}

Deno.test("SqliteStore opens what a killed scheduler has left, and goes on counting", () =>
  withKilled((directory) => {
    for (const jobID of [4, 5]) {
      const store = new SqliteStore(directory);
      commitJobs(store, [jobID]);
      store.close();
    }
    assertEquals(jobIDs(directory), [1, 2, 3, 4, 5]);
  }));

Deno.test("SqliteStore refuses a database that has lost what was committed, and leaves it as it was", () => {
  const [database, log, mark] = [DATABASE_NAME, LOG_NAME, MARK_NAME];
  const cases: [string, (directory: string) => void, string][] = [
    ["the log is gone", (it) => Deno.removeSync(`${it}/${log}`), "has lost its last 3 commits"],
    ["the log is cut in half", (it) => {
      const { size } = Deno.statSync(`${it}/${log}`);
      Deno.truncateSync(`${it}/${log}`, size / 2);
    }, "has lost its last "],
    ["the last commit is cut off", (it) => {
      const { size } = Deno.statSync(`${it}/${log}`);
      Deno.truncateSync(`${it}/${log}`, size - 1);
    }, "has lost its last commit"],
    ["the log is empty", (it) => Deno.truncateSync(`${it}/${log}`), "has lost its last 3 commits"],
    ["database and log are gone", (it) => {
      Deno.removeSync(`${it}/${database}`);
      Deno.removeSync(`${it}/${log}`);
    }, "has lost its last 3 commits"],
    ["the mark is gone", (it) => Deno.removeSync(`${it}/${mark}`), "counts its commits is missing"],
    ["the mark is garbage", (it) => Deno.writeTextFileSync(`${it}/${mark}`, "x"), "is missing"],
    ["a copy of the files", (it) => {
      const files = filesOf(it);
      for (const name of Object.keys(files)) Deno.removeSync(`${it}/${name}`);
      // The inode of the file that was removed first may be given out again.
      Deno.writeFileSync(`${it}/other`, new Uint8Array(1));
      for (const [name, bytes] of Object.entries(files).toReversed()) {
        Deno.writeFileSync(`${it}/${name}`, bytes);
      }
    }, "is a copy of a database that was in use"],
  ];
  for (const [name, harm, reason] of cases) {
    withKilled((directory) => {
      harm(directory);
      const before = filesOf(directory);
      const error = assertThrows(() => new SqliteStore(directory), StoreError, reason, name);
      assertEquals(error.message.includes("--restored-state"), true, name);
      assertEquals(filesOf(directory), before, name);
      // A process that dies before it has recorded that leaves the next one the same question.
      new SqliteStore(directory, { isRestored: true }).close();
      assertThrows(() => new SqliteStore(directory), StoreError, reason, name);
      const accepted = new SqliteStore(directory, { isRestored: true });
      commitJobs(accepted, [104]);
      accepted.close();
      new SqliteStore(directory).close();
    });
  }
});

Deno.test("SqliteStore knows the framework without its log", () =>
  withFiles({}, (directory) => {
    const store = new SqliteStore(directory);
    const framework = { ...newFramework(), frameworkId: "f" };
    store.commit({ ...NO_CHANGES, framework });
    commitJobs(store, [1]);
    const { [LOG_NAME]: _, ...files } = filesOf(directory);
    store.close();
    withFiles(files, (copy) => {
      const restored = new SqliteStore(copy, { isRestored: true });
      assertEquals(restored.load(newFramework()).framework, framework);
      restored.close();
    });
  }));

Deno.test("SqliteStore opens a copy of a database that was closed in order", () =>
  withKilled((directory) => {
    new SqliteStore(directory).close();
    withFiles(filesOf(directory), (copy) => assertEquals(jobIDs(copy), [1, 2, 3]));
    withFiles(filesOf(directory), (copy) => new SqliteStore(copy).close());
  }));

Deno.test("SqliteStore opens nothing that is in the place of a file, and names it", () => {
  const plants: [kind: string, plant: (path: string) => void][] = [
    ["a FIFO", (path) => void new Deno.Command("mkfifo", { args: [path] }).outputSync()],
    ["a directory", (path) => Deno.mkdirSync(path)],
    ["a device", (path) => Deno.symlinkSync("/dev/zero", path)],
  ];
  for (const suffix of ["", "-wal", "-shm", "-journal", "-commits"]) {
    for (const [kind, plant] of plants) {
      withFiles({}, (directory) => {
        const path = `${directory}/${DATABASE_NAME}${suffix}`;
        plant(path);
        const expected = `Cannot use ${path}: it is ${kind}, not a file; remove it`;
        assertThrows(() => new SqliteStore(directory), StoreError, expected);
        assertEquals([...Deno.readDirSync(directory)].length, 1);
      });
    }
  }
});
