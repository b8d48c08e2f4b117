/**
 * A store on disk: one SQLite database in a directory of the user's.
 *
 * Rows hold records as JSON; only keys are columns. Commits are flushed to the disk before they
 * return. The database is locked for as long as it is open, so that no second scheduler can work on
 * it; the lock goes with the process, however that ends.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { JobId } from "../../job/job_id.ts";
import type { FrameworkId } from "../../mesos/ids.ts";
import { refuseSpecialFile } from "../../support/special_file.ts";
import { UsageError } from "../../support/usage_error.ts";
import type {
  EndedJobRecord,
  ExecutorRecord,
  FrameworkRecord,
  JobFileRecord,
  RequestRecord,
  TaskRecord,
} from "../core/records.ts";
import type { Changes, StoredState } from "../core/change_log.ts";
import { type HistoryQuery, type Store, StoreError } from "./store.ts";
import { inspectDatabase } from "./sqlite_inspection.ts";
import { CommitMark, findLoss, readCommitMark } from "./commit_mark.ts";
import {
  endedJobCodec,
  executorCodec,
  frameworkCodec,
  jobFileCodec,
  requestCodec,
  taskCodec,
} from "./record_schemas.ts";
import { readJobs, readRecords, type RecordReader } from "./record_reader.ts";
import { prepareStatements, type Statements, writeChanges } from "./sqlite_statements.ts";

/** The name of the database in its directory. */
export const DATABASE_NAME = "scheduler.sqlite";

/** The name of its mark. @see commit_mark.ts */
export const MARK_NAME = `${DATABASE_NAME}-commits`;

/** The database, what SQLite keeps beside it, and its mark. */
const FILE_SUFFIXES = ["", "-wal", "-shm", "-journal", "-commits"];

const WAY_OUT = "jobs that ran since would run again. Put the files of the state back as they " +
  "were, or, if an older state was restored on purpose, give --restored-state " +
  "(docs/reliability.md, Restoring a state)";

/** `TMes`: identifies our databases. */
const APPLICATION_ID = 0x544d6573;

/** Each step takes a database from its index to the next version. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE framework (id INTEGER PRIMARY KEY CHECK (id = 1), record TEXT NOT NULL) STRICT;
  CREATE TABLE job (job_id INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE executor (
    agent_id TEXT NOT NULL, role TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (agent_id, role)
  ) STRICT;
  CREATE TABLE job_file (digest TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE ended_job (
    number INTEGER PRIMARY KEY, job_id INTEGER NOT NULL UNIQUE, record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE request (key TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE progress (id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL) STRICT;
  `,
  // Tasks were a part of their jobs.
  `
  CREATE TABLE task (task_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  INSERT INTO task SELECT
    json_extract(record, '$.task.taskId'),
    json_set(json_extract(record, '$.task'), '$.jobIDs', json_array(job_id))
    FROM job WHERE json_type(record, '$.task') = 'object';
  UPDATE job SET record = json_set(
      json_remove(record, '$.task'), '$.taskId', json_extract(record, '$.task.taskId')
    ) WHERE json_type(record, '$.task') = 'object';
  `,
  // Jobs leave out what has its default, which earlier programs refuse. Rows stay as they are.
  "",
];

/** The version that this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

const KIND = { applicationId: APPLICATION_ID, schemaVersion: SCHEMA_VERSION };

/** How many ended jobs are kept; beyond it, the oldest are forgotten. */
const MAX_HISTORY_ON_DISK = 100_000;

/** How many ended jobs are read at a time. */
const HISTORY_ROWS = 100;

const FRAMEWORK_READER: RecordReader<FrameworkRecord> = {
  query: "SELECT 1 AS key, record FROM framework",
  codec: frameworkCodec,
  keyOf: () => 1,
};
const TASK_READER: RecordReader<TaskRecord> = {
  query: "SELECT task_id AS key, record FROM task",
  codec: taskCodec,
  keyOf: ({ taskId }) => taskId,
};
const EXECUTOR_READER: RecordReader<ExecutorRecord> = {
  query: "SELECT agent_id || ' ' || role AS key, record FROM executor",
  codec: executorCodec,
  keyOf: ({ agentId, role }) => `${agentId} ${role}`,
};
const JOB_FILE_READER: RecordReader<JobFileRecord> = {
  query: "SELECT digest AS key, record FROM job_file",
  codec: jobFileCodec,
  keyOf: ({ digest }) => digest,
};
const REQUEST_READER: RecordReader<RequestRecord> = {
  query: "SELECT key, record FROM request",
  codec: requestCodec,
  keyOf: ({ key }) => key,
};

/** How a store is to be used. */
export interface SqliteStoreOptions {
  /** How many ended jobs are kept. */
  readonly maxHistory?: number;
  /** The database may hold less than was once written to it. */
  readonly isRestored?: boolean;
}

/** Keeps the records in a directory. */
export class SqliteStore implements Store {
  readonly #maxHistory: number;
  #isAlone = false;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #mark: CommitMark;
  /** The framework that the database names without its log. */
  #frameworkId: FrameworkId | undefined;

  /**
   * Opens the database of a directory, or makes one, and locks it.
   *
   * @param directory Made if it is not there, for the user alone.
   * @param options How it is to be used.
   * @throws {StoreError} when it can't be used; it is left as it was then.
   */
  constructor(directory: string, options: SqliteStoreOptions = {}) {
    const { maxHistory = MAX_HISTORY_ON_DISK, isRestored = false } = options;
    this.#maxHistory = maxHistory;
    this.#path = `${directory}/${DATABASE_NAME}`;
    const markPath = `${directory}/${MARK_NAME}`;
    try {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      for (const suffix of FILE_SUFFIXES) refuseSpecialFile(`${this.#path}${suffix}`);
      const isNew = makePrivateFile(this.#path);
      // SQLite creates it whenever the file is opened, and does not use it in exclusive mode.
      const isShared = existsSync(`${this.#path}-shm`);
      try {
        // Looked at before anything is written: what is not ours, or damaged, stays as it is.
        const inode = Deno.statSync(this.#path).ino ?? 0;
        let loss: string | undefined;
        const { version, commits } = inspectDatabase(this.#path, KIND, (content) => {
          loss = findLoss(readCommitMark(markPath), { ...content, inode });
          return loss && !isRestored ? `${loss}: ${WAY_OUT}` : undefined;
        });
        const hasLost = loss !== undefined;
        const mark = () => new CommitMark(markPath, { commits, inode, hasLost });
        this.#database = new DatabaseSync(this.#path, { timeout: 0 });
        [this.#statements, this.#mark] = this.#begin(version, mark);
      } catch (error) {
        if (isNew) Deno.removeSync(this.#path);
        if (!isShared && existsSync(`${this.#path}-shm`)) Deno.removeSync(`${this.#path}-shm`);
        throw error;
      }
    } catch (cause) {
      throw this.#openError(cause);
    }
  }

  /** Reads everything. */
  load(initial: FrameworkRecord): StoredState {
    const database = this.#database;
    try {
      const [framework] = readRecords(database, FRAMEWORK_READER);
      return {
        framework: framework ?? initial,
        jobs: readJobs(database),
        tasks: readRecords(database, TASK_READER),
        executors: readRecords(database, EXECUTOR_READER),
        jobFiles: readRecords(database, JOB_FILE_READER),
        requests: readRecords(database, REQUEST_READER)
          .sort((a, b) => a.firstJobID - b.firstJobID),
      };
    } catch (cause) {
      throw this.#error("read", cause);
    }
  }

  /** Looks a job of the history up. */
  endedJob(jobID: JobId): EndedJobRecord | undefined {
    const query = "SELECT job_id AS key, record FROM ended_job WHERE job_id = ?";
    return this.#readEnded(query, [jobID])[0]?.job;
  }

  /** Reads the last jobs of the history. */
  endedJobs(): Generator<EndedJobRecord, void, void> {
    const query = `SELECT number AS key, record FROM ended_job
      WHERE number < ? ORDER BY number DESC LIMIT ?`;
    return this.#history(query, { start: Number.MAX_SAFE_INTEGER });
  }

  /** Finds jobs of the history. */
  findEndedJobs({ after, search }: HistoryQuery): Generator<EndedJobRecord, void, void> {
    const found = search === undefined ? "" : `AND (CAST(job_id AS TEXT) = ?
      OR json_extract(record, '$.result.node') = ?
      OR instr(json_extract(record, '$.spec.name'), ?) > 0)`;
    const query = `SELECT job_id AS key, record FROM ended_job
      WHERE job_id > ? ${found} ORDER BY job_id LIMIT ?`;
    const values = search === undefined ? [] : [search, search, search];
    return this.#history(query, { start: after, values });
  }

  /** Writes what has changed, in one transaction. */
  commit(changes: Changes): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const commits = this.#mark.commits + 1;
        writeChanges(this.#statements, changes, { maxHistory: this.#maxHistory, commits });
        this.#database.exec("COMMIT");
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (cause) {
      throw this.#error("write to", cause);
    }
    this.#mark.count();
    this.#secureFrameworkId(changes.framework);
  }

  /** Closes the database and gives up the lock. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.#database.close();
    this.#mark.close();
  }

  #begin(version: number, mark: () => CommitMark): [Statements, CommitMark] {
    try {
      this.#lock();
      this.#migrate(version);
      return [prepareStatements(this.#database), mark()];
    } catch (error) {
      this.#database.close();
      // SQLite leaves its index of the log where it could not finish; it makes another at need.
      if (this.#isAlone) removeIfThere(`${this.#path}-shm`);
      throw error;
    }
  }

  #lock(): void {
    this.#database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;");
    // The lock is taken by the first write and then kept.
    this.#database.exec("PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT;");
    this.#isAlone = true;
  }

  #migrate(version: number): void {
    if (version === SCHEMA_VERSION) return;
    this.#database.exec(`
      BEGIN IMMEDIATE;
      ${MIGRATIONS.slice(version).join("")}
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};
      COMMIT;
    `);
  }

  /** Moves the id of the framework out of the log: who loses the log still finds the tasks by it. */
  #secureFrameworkId(framework: FrameworkRecord | undefined): void {
    const frameworkId = framework?.frameworkId;
    if (frameworkId === undefined || frameworkId === this.#frameworkId) return;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (cause) {
      throw this.#error("write to", cause);
    }
    this.#frameworkId = frameworkId;
  }

  /** Reads a few at a time, from a key on: records may be long, and no query stays open. */
  *#history(
    query: string,
    { start, values = [] }: { start: number; values?: readonly string[] },
  ): Generator<EndedJobRecord, void, void> {
    for (let key = start;;) {
      const rows = this.#readEnded(query, [key, ...values, HISTORY_ROWS]);
      for (const { job } of rows) yield job;
      const last = rows.at(-1);
      if (!last || rows.length < HISTORY_ROWS) return;
      key = last.key;
    }
  }

  #readEnded(
    query: string,
    values: readonly (string | number)[],
  ): { key: number; job: EndedJobRecord }[] {
    try {
      return this.#database.prepare(query).all(...values).map(({ key, record }) => ({
        key: Number(key),
        job: endedJobCodec.read(String(record)),
      }));
    } catch (cause) {
      throw this.#error("read", cause);
    }
  }

  #openError(cause: unknown): StoreError {
    if (cause instanceof StoreError) return cause;
    if (cause instanceof UsageError) return new StoreError(cause.message, { cause });
    if (!/locked/.test(String(cause))) return this.#error("open", cause);
    return new StoreError(`Cannot use ${this.#path}: another scheduler is using it`, { cause });
  }

  #error(verb: string, cause: unknown): StoreError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // SQLite quotes whole statements.
    const line = reason.replaceAll(/\s+/g, " ");
    return new StoreError(`Cannot ${verb} ${this.#path}: ${line}`, { cause });
  }
}

/** Makes an empty file that only the user can read; false when there is one. SQLite gives its other
 * files the same mode. */
function makePrivateFile(path: string): boolean {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
