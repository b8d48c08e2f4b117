import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type {
  BatchJobResult,
  EndedJobRecord,
  ExecutorRecord,
  JobRecord,
  TaskRecord,
} from "../core/records.ts";
import { type HistoryQuery, type Store, StoreError } from "./store.ts";
import { MemoryStore } from "./memory_store.ts";
import { CopyingStore } from "./testing.ts";
import { DATABASE_NAME, SCHEMA_VERSION, SqliteStore } from "./sqlite_store.ts";
import { newFramework, NO_CHANGES, scalar, spec } from "../testing.ts";

function job(jobID: number, rest: Partial<JobRecord> = {}): JobRecord {
  return { jobID, spec: spec(), attempt: 0, killRequested: false, ...rest };
}

const RUNNING = job(2, {
  spec: spec({ environment: { A: "ü\n" }, local: true, fileDigest: "d" }),
  attempt: 3,
  killRequested: true,
  taskId: "2-3",
});

const TASK: TaskRecord = {
  taskId: "2-3",
  jobIDs: [2],
  abandonedJobIDs: [7],
  agentId: "a",
  node: "n",
  phase: "SETTLING",
  launchedAtMs: 1.5,
  startedAtMs: 2.5,
  seen: true,
  told: { state: "TASK_FINISHED", message: "m" },
};

const RESULT: BatchJobResult = {
  jobID: 10,
  name: "n",
  exitStatus: -9,
  exitReason: "FAILED",
  wallTimeSeconds: 0.5,
  node: "n",
  message: "m",
  taskId: "10-1",
};

const ENDED = job(10, { result: RESULT, resultNumber: 4 });

function endedIDs(store: Store): number[] {
  return store.endedJobs().map(({ jobID }) => jobID).toArray();
}

function history(jobID: number): EndedJobRecord {
  const { environment: _, ...withoutEnvironment } = spec();
  const past = { taskId: `${jobID}-1`, agentId: "a", node: "n", launchedAtMs: 2, endedAtMs: 4.5 };
  return {
    jobID,
    spec: withoutEnvironment,
    issuedAtMs: 1,
    attempt: 1,
    pastTasks: [past],
    result: { ...RESULT, jobID },
  };
}

const EXECUTOR: ExecutorRecord = {
  agentId: "a",
  role: "*",
  executorId: "e",
  resources: [scalar("mem", 32)],
};

function temporaryDirectory(): string {
  return `${Deno.makeTempDirSync()}/state`;
}

/** Opens a store that keeps so many jobs that are done with. */
type Open = (maxHistory?: number) => Store;

/** Runs the test with stores that see the same records, opened one after the other. */
function withSqlite(test: (open: Open, directory: string) => void): void {
  const directory = temporaryDirectory();
  const opened: Store[] = [];
  try {
    test((maxHistory) => {
      opened.at(-1)?.close();
      const store = new SqliteStore(directory, maxHistory === undefined ? {} : { maxHistory });
      opened.push(store);
      return store;
    }, directory);
  } finally {
    opened.at(-1)?.close();
    Deno.removeSync(directory.replace(/\/state$/, ""), { recursive: true });
  }
}

function withMemory(test: (open: Open) => void): void {
  let store: Store | undefined;
  test((maxHistory) => store ??= new CopyingStore(maxHistory));
}

for (const [name, run] of [["CopyingStore", withMemory], ["SqliteStore", withSqlite]] as const) {
  Deno.test(`${name} gives back what was committed`, () =>
    run((open) => {
      assertEquals(open().load(newFramework()), {
        framework: newFramework(),
        jobs: [],
        tasks: [],
        executors: [],
        jobFiles: [],
        requests: [],
      });
      const framework = {
        ...newFramework(),
        frameworkId: "f",
        nextJobID: 11,
        ignoredNodes: ["n"],
        usesGpus: true,
      };
      const file = { digest: "d", issued: 5, ended: { FINISHED: 3, LOST: 1 } };
      const requests = [
        { key: "b", digest: "d", firstJobID: 1, count: 2 },
        { key: "a", digest: "e", firstJobID: 3, count: 1 },
      ];
      open().commit({
        ...NO_CHANGES,
        framework,
        jobs: [ENDED, RUNNING, job(1)],
        tasks: [TASK],
        executors: [EXECUTOR],
        jobFiles: [file],
        requests,
      });
      assertEquals(open().load(newFramework()), {
        framework,
        jobs: [job(1), RUNNING, ENDED],
        tasks: [TASK],
        executors: [EXECUTOR],
        jobFiles: [file],
        requests,
      });
      open().commit({ ...NO_CHANGES, deletedRequestKeys: ["b"], deletedTaskIds: ["2-3"] });
      assertEquals(open().load(newFramework()).tasks, []);
      assertEquals(open().load(newFramework()).requests.map(({ key }) => key), ["a"]);
    }));

  Deno.test(`${name} keeps a history of the jobs that are done with`, () =>
    run((open) => {
      open().commit({ ...NO_CHANGES, endedJobs: [history(7), history(3)] });
      open().commit({ ...NO_CHANGES, endedJobs: [history(5)] });
      assertEquals(open().endedJob(3), history(3));
      assertEquals(open().endedJob(4), undefined);
      assertEquals(open().endedJobs().take(2).toArray(), [history(5), history(3)]);
      assertEquals(endedIDs(open()), [5, 3, 7]);
      const find = (query: Partial<HistoryQuery>) =>
        open().findEndedJobs({ after: 0, ...query }).map(({ jobID }) => jobID).toArray();
      assertEquals(find({}), [3, 5, 7]);
      assertEquals(find({ after: 3 }), [5, 7]);
      assertEquals(find({ search: "5" }), [5]);
      assertEquals(find({ search: "n" }), [3, 5, 7]);
      assertEquals(find({ search: "jo", after: 5 }), [7]);
      assertEquals(find({ search: "%" }), []);
    }));

  Deno.test(`${name} forgets the oldest of a long history`, () =>
    run((open) => {
      const store = open(3);
      store.commit({ ...NO_CHANGES, endedJobs: [9, 2, 8].map(history) });
      store.commit({ ...NO_CHANGES, endedJobs: [5].map(history) });
      assertEquals(endedIDs(store), [5, 8, 2]);
      store.commit({ ...NO_CHANGES, endedJobs: [1, 4, 3, 7, 6].map(history) });
      assertEquals(endedIDs(store), [6, 7, 3]);
    }));

  Deno.test(`${name} replaces and deletes records`, () =>
    run((open) => {
      open().commit({ ...NO_CHANGES, jobs: [job(1), job(2)], executors: [EXECUTOR] });
      const other = { ...EXECUTOR, executorId: "e2" };
      open().commit({
        ...NO_CHANGES,
        jobs: [job(2, { attempt: 7 })],
        deletedJobIDs: [1, 99],
        executors: [other],
        deletedExecutors: [EXECUTOR],
      });
      const { jobs, executors } = open().load(newFramework());
      assertEquals(jobs, [job(2, { attempt: 7 })]);
      assertEquals(executors, [other]);
      open().commit({ ...NO_CHANGES, deletedExecutors: [other] });
      assertEquals(open().load(newFramework()).executors, []);
    }));

  Deno.test(`${name} keeps as many records as a turn changes, each of them once`, () =>
    run((open) => {
      for (const count of [1, 31, 32, 33, 64, 100, 255, 256, 257, 600]) {
        const ids = Array.from({ length: count }, (_, i) => 1_000 * count + i);
        open().commit({ ...NO_CHANGES, jobs: ids.map((id) => job(id)) });
        assertEquals(open().load(newFramework()).jobs, ids.map((id) => job(id)));
        const again = ids.map((id) => job(id, { attempt: id }));
        open().commit({ ...NO_CHANGES, jobs: again });
        assertEquals(open().load(newFramework()).jobs, again);
        open().commit({
          ...NO_CHANGES,
          deletedJobIDs: ids,
          endedJobs: ids.toReversed().map(history),
        });
        assertEquals(open().load(newFramework()).jobs, []);
        assertEquals(endedIDs(open()).slice(0, count), ids);
      }
    }));

  Deno.test(`${name} keeps copies: later changes are not seen before they are committed`, () =>
    run((open) => {
      const record = job(1);
      open().commit({ ...NO_CHANGES, jobs: [record] });
      record.attempt = 5;
      const [loaded] = open().load(newFramework()).jobs;
      assertEquals(loaded?.attempt, 0);
      if (loaded) loaded.attempt = 9;
      assertEquals(open().load(newFramework()).jobs[0]?.attempt, 0);
    }));
}

Deno.test("MemoryStore keeps the history alone: the scheduler has all other records", () => {
  const store = new MemoryStore();
  store.commit({ ...NO_CHANGES, jobs: [job(1)], tasks: [TASK], endedJobs: [history(7)] });
  assertEquals(store.endedJob(7), history(7));
  const { framework, ...lists } = store.load(newFramework());
  assertEquals(framework, newFramework());
  assertEquals(Object.values(lists).flat(), []);
});

Deno.test("SqliteStore is for the user alone", () =>
  withSqlite((open, directory) => {
    open().commit({ ...NO_CHANGES, jobs: [job(1)] });
    assertEquals((Deno.statSync(directory).mode ?? 0) & 0o777, 0o700);
    for (const { name } of Deno.readDirSync(directory)) {
      assertEquals((Deno.statSync(`${directory}/${name}`).mode ?? 0) & 0o777, 0o600, name);
    }
  }));

Deno.test("SqliteStore refuses a second scheduler", () =>
  withSqlite((open, directory) => {
    open();
    assertThrows(() => new SqliteStore(directory), StoreError, "another scheduler is using it");
    open().commit({ ...NO_CHANGES, jobs: [job(1)] });
  }));

Deno.test("SqliteStore refuses what is not its own, and leaves it as it was", () => {
  const cases: [string, (path: string) => void, string][] = [
    [
      "a file of garbage",
      (path) => Deno.writeTextFileSync(path, "x".repeat(5000)),
      "not a database",
    ],
    ["another program's database", (path) => {
      const database = new DatabaseSync(path);
      database.exec("CREATE TABLE t (x)");
      database.close();
    }, "not a toil-mesos database"],
    ["a database of the future", (path) => {
      const database = new DatabaseSync(path);
      database.exec(`CREATE TABLE t (x); PRAGMA application_id = ${0x544d6573};`);
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
      database.close();
    }, "written by a newer toil-mesos"],
  ];
  for (const [name, make, reason] of cases) {
    const directory = Deno.makeTempDirSync();
    const path = `${directory}/${DATABASE_NAME}`;
    make(path);
    const before = Deno.readFileSync(path);
    assertThrows(() => new SqliteStore(directory), StoreError, reason, name);
    assertEquals(Deno.readFileSync(path), before, name);
    Deno.removeSync(directory, { recursive: true });
  }
});

/** Runs the test with the error of a load after some SQL, in a store of these jobs. */
function withBroken(jobs: JobRecord[], sql: string, test: (message: string) => void): void {
  withSqlite((open, directory) => {
    open().commit({ ...NO_CHANGES, jobs, executors: [EXECUTOR] });
    open().close();
    const database = new DatabaseSync(`${directory}/${DATABASE_NAME}`);
    database.exec(sql);
    database.close();
    test(assertThrows(() => open().load(newFramework()), StoreError).message);
  });
}

Deno.test("SqliteStore names the row and the field of a record that it can't read", () => {
  const jobs = Array.from({ length: 600 }, (_, i) => job(i + 1));
  const broken: [record: string, reason: string][] = [
    ['{"jobID":300,"spec":{}}', "job: field 'spec."],
    ["", "job: the record is not JSON"],
    ["null", "job: field ''"],
    // Sound only together with their neighbours.
    ['{"jobID":300', "job: the record is not JSON"],
    ["1,2", "job: the record is not JSON"],
    ["[]],[[]", "job: the record is not JSON"],
  ];
  for (const [record, reason] of broken) {
    withBroken(jobs, `UPDATE job SET record = '${record}' WHERE job_id = 300`, (message) => {
      assertStringIncludes(message, reason, record);
      assertStringIncludes(message, "(in row 300)", record);
      assertStringIncludes(message, DATABASE_NAME);
    });
  }
});

Deno.test("SqliteStore reads records of any length", () =>
  withSqlite((open) => {
    const jobs = Array.from({ length: 20 }, (_, i) => {
      const command = "x".repeat(i % 5 === 0 ? 100_000 * i : 10);
      return job(i + 1, { spec: spec({ command }) });
    });
    open().commit({ ...NO_CHANGES, jobs });
    assertEquals(open().load(newFramework()).jobs, jobs);
  }));

Deno.test("SqliteStore quotes nothing of a record that is no JSON", () =>
  withBroken([job(1)], `UPDATE job SET record = '{"A":hush}'`, (message) => {
    assertStringIncludes(message, "job: the record is not JSON");
    assertEquals(message.includes("hush"), false);
  }));

Deno.test("SqliteStore refuses a record that is kept under another key than its own", () => {
  const cases: [string, string][] = [
    ["UPDATE job SET job_id = 9 WHERE job_id = 2", "the record of 2 is kept as 9"],
    ["UPDATE executor SET role = 'r'", "the record of a * is kept as a r"],
  ];
  for (const [sql, reason] of cases) {
    withBroken([job(1), job(2), job(3)], sql, (message) => assertStringIncludes(message, reason));
  }
});

Deno.test("SqliteStore says where it could not write, and why", () => {
  const error = assertThrows(() => new SqliteStore("/proc/nowhere/state"), StoreError);
  assertStringIncludes(error.message, `Cannot open /proc/nowhere/state/${DATABASE_NAME}`);
});
