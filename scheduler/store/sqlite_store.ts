/**
 * A store on disk: one SQLite database in a directory of the user's.
 *
 * Rows hold records as JSON; only keys are columns. Commits are flushed to the disk before they
 * return. The database is locked for as long as it is open, so that no second scheduler can work on
 * it; the lock goes with the process, however that ends.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { EndedJobRecord, ExecutorRecord, FrameworkRecord } from "../core/records.ts";
import type { Changes, StoredState } from "../core/scheduler_state.ts";
import { type Store, StoreError } from "./store.ts";
import { inspectDatabase } from "./sqlite_inspection.ts";
import {
  readEndedJobRecord,
  readExecutorRecord,
  readFrameworkRecord,
  readJobFileRecord,
  readJobRecord,
  readRequestRecord,
  type RecordReader,
} from "./record_schemas.ts";

/** The name of the database in its directory. */
export const DATABASE_NAME = "scheduler.sqlite";

/** `TMes`: tells our databases from others. */
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
];

/** The version that this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

const KIND = { applicationId: APPLICATION_ID, schemaVersion: SCHEMA_VERSION };

/** So many jobs that are done with are kept; then the oldest are forgotten. */
const MAX_HISTORY_ON_DISK = 100_000;

/** Keeps the records in a directory. */
export class SqliteStore implements Store {
  readonly #maxHistory: number;
  #isAlone = false;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<string, StatementSync>>;

  /**
   * Opens the database of a directory, or makes one, and locks it.
   *
   * @param directory Made if it is not there, for the user alone.
   * @param maxHistory So many jobs that are done with are kept.
   * @throws {StoreError} when it can't be used; it is left as it was then.
   */
  constructor(directory: string, maxHistory: number = MAX_HISTORY_ON_DISK) {
    this.#maxHistory = maxHistory;
    this.#path = `${directory}/${DATABASE_NAME}`;
    try {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      makePrivateFile(this.#path);
      // Looked at before anything is written: what is not ours, or damaged, stays as it is.
      const version = inspectDatabase(this.#path, KIND);
      this.#database = new DatabaseSync(this.#path, { timeout: 0 });
      this.#statements = this.#begin(version);
    } catch (cause) {
      throw this.#openError(cause);
    }
  }

  /** Reads everything. */
  load(initial: FrameworkRecord): StoredState {
    const [framework] = this.#read(
      "SELECT 1 AS key, record FROM framework",
      readFrameworkRecord,
      () => 1,
    );
    return {
      framework: framework ?? initial,
      jobs: this.#read(
        "SELECT job_id AS key, record FROM job ORDER BY job_id",
        readJobRecord,
        ({ jobID }) => jobID,
      ),
      executors: this.#read(
        "SELECT agent_id || ' ' || role AS key, record FROM executor",
        readExecutorRecord,
        ({ agentId, role }) => `${agentId} ${role}`,
      ),
      jobFiles: this.#read(
        "SELECT digest AS key, record FROM job_file",
        readJobFileRecord,
        ({ digest }) => digest,
      ),
      requests: this.#read(
        "SELECT key, record FROM request",
        readRequestRecord,
        ({ key }) => key,
      ).sort((a, b) => a.firstJobID - b.firstJobID),
    };
  }

  /** Looks a job of the history up. */
  endedJob(jobID: number): EndedJobRecord | undefined {
    return this.#endedJobs("WHERE job_id = ?", jobID)[0];
  }

  /** Reads the last jobs of the history. */
  endedJobs(limit: number): EndedJobRecord[] {
    return this.#endedJobs("ORDER BY number DESC LIMIT ?", limit);
  }

  /** Writes what has changed, in one transaction. */
  commit(changes: Changes): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        this.#write(changes);
        this.#database.exec("COMMIT");
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (cause) {
      throw this.#error("write to", cause);
    }
  }

  /** Closes the database and gives up the lock. */
  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #begin(version: number): Readonly<Record<string, StatementSync>> {
    try {
      this.#lock();
      this.#migrate(version);
      return this.#prepare();
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

  #prepare(): Readonly<Record<string, StatementSync>> {
    const prepare = (sql: string) => this.#database.prepare(sql);
    return {
      putFramework: prepare("INSERT OR REPLACE INTO framework VALUES (1, ?)"),
      putJob: prepare("INSERT OR REPLACE INTO job VALUES (?, ?)"),
      deleteJob: prepare("DELETE FROM job WHERE job_id = ?"),
      putExecutor: prepare("INSERT OR REPLACE INTO executor VALUES (?, ?, ?)"),
      deleteExecutor: prepare("DELETE FROM executor WHERE agent_id = ? AND role = ?"),
      putJobFile: prepare("INSERT OR REPLACE INTO job_file VALUES (?, ?)"),
      putEndedJob: prepare("INSERT OR REPLACE INTO ended_job (job_id, record) VALUES (?, ?)"),
      forgetEndedJobs: prepare(
        "DELETE FROM ended_job WHERE number <= (SELECT max(number) FROM ended_job) - ?",
      ),
      putRequest: prepare("INSERT OR REPLACE INTO request VALUES (?, ?)"),
      deleteRequest: prepare("DELETE FROM request WHERE key = ?"),
    };
  }

  #write(changes: Changes): void {
    const { framework, jobs, deletedJobIDs, executors, deletedExecutors, jobFiles } = changes;
    const run = (statement: string, ...values: (string | number)[]) =>
      this.#statements[statement]?.run(...values);
    if (framework) run("putFramework", JSON.stringify(framework));
    for (const job of jobs) run("putJob", job.jobID, JSON.stringify(job));
    for (const jobID of deletedJobIDs) run("deleteJob", jobID);
    for (const { agentId, role } of deletedExecutors) run("deleteExecutor", agentId, role);
    for (const executor of executors) this.#putExecutor(executor);
    for (const file of jobFiles) run("putJobFile", file.digest, JSON.stringify(file));
    for (const job of changes.endedJobs) run("putEndedJob", job.jobID, JSON.stringify(job));
    if (changes.endedJobs.length > 0) run("forgetEndedJobs", this.#maxHistory);
    for (const key of changes.deletedRequestKeys) run("deleteRequest", key);
    for (const request of changes.requests) run("putRequest", request.key, JSON.stringify(request));
  }

  #putExecutor(executor: ExecutorRecord): void {
    const { agentId, role } = executor;
    this.#statements["putExecutor"]?.run(agentId, role, JSON.stringify(executor));
  }

  #endedJobs(selection: string, value: number): EndedJobRecord[] {
    try {
      const query = `SELECT record FROM ended_job ${selection}`;
      return this.#database.prepare(query).all(value).map(({ record }) =>
        readEndedJobRecord(String(record))
      );
    } catch (cause) {
      throw this.#error("read", cause);
    }
  }

  /** Reads records. One that is kept under another key than its own could not be deleted. */
  #read<T>(query: string, read: RecordReader<T>, keyOf: (record: T) => string | number): T[] {
    try {
      return Array.from(this.#database.prepare(query).iterate(), ({ record, key }) => {
        const value = read(String(record));
        if (keyOf(value) === key) return value;
        throw new SyntaxError(`the record of ${keyOf(value)} is kept as ${key}`);
      });
    } catch (cause) {
      throw this.#error("read", cause);
    }
  }

  #openError(cause: unknown): StoreError {
    if (cause instanceof StoreError) return cause;
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

/** Makes an empty file that only the user can read, if there is none. SQLite gives its other files
 * the same mode. */
function makePrivateFile(path: string): void {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
