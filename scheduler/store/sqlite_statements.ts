/**
 * What a store writes to its database, as statements that are prepared once.
 *
 * @module
 */

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Changes } from "../core/change_log.ts";
import {
  endedJobCodec,
  executorCodec,
  frameworkCodec,
  jobCodec,
  jobFileCodec,
  requestCodec,
  taskCodec,
} from "./record_schemas.ts";

/** How many rows one statement writes. A row among these takes less than half of the time of a row
 * that has a statement of its own; statements of four times as many rows are hardly faster. */
const ROWS_AT_ONCE = 32;

/** Statements for records of which a turn may change many. */
interface RowStatements {
  /** For one row. */
  readonly one: StatementSync;
  /** For {@linkcode ROWS_AT_ONCE} rows. */
  readonly many: StatementSync;
}

/** The statements, by what they do. */
export interface Statements {
  /** Keeps the framework. */
  readonly putFramework: StatementSync;
  /** Keeps a job. */
  readonly putJob: RowStatements;
  /** Forgets a job. */
  readonly deleteJob: RowStatements;
  /** Keeps a task. */
  readonly putTask: StatementSync;
  /** Forgets a task. */
  readonly deleteTask: StatementSync;
  /** Keeps an executor. */
  readonly putExecutor: StatementSync;
  /** Forgets an executor. */
  readonly deleteExecutor: StatementSync;
  /** Keeps how far a job file has come. */
  readonly putJobFile: StatementSync;
  /** Adds a job to the history. */
  readonly putEndedJob: RowStatements;
  /** Cuts the history to a length. */
  readonly forgetEndedJobs: StatementSync;
  /** Keeps a request. */
  readonly putRequest: StatementSync;
  /** Forgets a request. */
  readonly deleteRequest: StatementSync;
  /** Keeps the number of commits. */
  readonly putProgress: StatementSync;
}

/** Prepares the statements for a database. */
export function prepareStatements(database: DatabaseSync): Statements {
  const forRows = (sql: (rows: number) => string): RowStatements => ({
    one: database.prepare(sql(1)),
    many: database.prepare(sql(ROWS_AT_ONCE)),
  });
  const pairs = (rows: number) => Array(rows).fill("(?, ?)").join(", ");
  return {
    putFramework: database.prepare("INSERT OR REPLACE INTO framework VALUES (1, ?)"),
    putJob: forRows((rows) => `INSERT OR REPLACE INTO job VALUES ${pairs(rows)}`),
    deleteJob: forRows((rows) =>
      `DELETE FROM job WHERE job_id IN (${Array(rows).fill("?").join(", ")})`
    ),
    putTask: database.prepare("INSERT OR REPLACE INTO task VALUES (?, ?)"),
    deleteTask: database.prepare("DELETE FROM task WHERE task_id = ?"),
    putExecutor: database.prepare("INSERT OR REPLACE INTO executor VALUES (?, ?, ?)"),
    deleteExecutor: database.prepare("DELETE FROM executor WHERE agent_id = ? AND role = ?"),
    putJobFile: database.prepare("INSERT OR REPLACE INTO job_file VALUES (?, ?)"),
    putEndedJob: forRows((rows) =>
      `INSERT OR REPLACE INTO ended_job (job_id, record) VALUES ${pairs(rows)}`
    ),
    forgetEndedJobs: database.prepare(
      "DELETE FROM ended_job WHERE number <= (SELECT max(number) FROM ended_job) - ?",
    ),
    putRequest: database.prepare("INSERT OR REPLACE INTO request VALUES (?, ?)"),
    deleteRequest: database.prepare("DELETE FROM request WHERE key = ?"),
    putProgress: database.prepare("INSERT OR REPLACE INTO progress VALUES (1, ?)"),
  };
}

/** Writes changes; the transaction is the caller's. */
export function writeChanges(
  statements: Statements,
  changes: Changes,
  { maxHistory, commits }: { maxHistory: number; commits: number },
): void {
  const { framework } = changes;
  if (framework) statements.putFramework.run(frameworkCodec.write(framework));
  runAll(statements.putJob, changes.jobs, (job) => [job.jobID, jobCodec.write(job)]);
  runAll(statements.deleteJob, changes.deletedJobIDs, (jobID) => [jobID]);
  for (const task of changes.tasks) statements.putTask.run(task.taskId, taskCodec.write(task));
  for (const taskId of changes.deletedTaskIds) statements.deleteTask.run(taskId);
  for (const { agentId, role } of changes.deletedExecutors) {
    statements.deleteExecutor.run(agentId, role);
  }
  for (const executor of changes.executors) {
    const { agentId, role } = executor;
    statements.putExecutor.run(agentId, role, executorCodec.write(executor));
  }
  for (const file of changes.jobFiles) {
    statements.putJobFile.run(file.digest, jobFileCodec.write(file));
  }
  // A turn may end a million jobs: what the history would forget at once is not written.
  const kept = changes.endedJobs.slice(-maxHistory);
  runAll(statements.putEndedJob, kept, (job) => [job.jobID, endedJobCodec.write(job)]);
  if (changes.endedJobs.length > 0) statements.forgetEndedJobs.run(maxHistory);
  for (const key of changes.deletedRequestKeys) statements.deleteRequest.run(key);
  for (const request of changes.requests) {
    statements.putRequest.run(request.key, requestCodec.write(request));
  }
  statements.putProgress.run(commits);
}

/** Runs a statement for each item, in order. */
function runAll<T>(
  { one, many }: RowStatements,
  items: readonly T[],
  valuesOf: (item: T) => SQLInputValue[],
): void {
  const whole = items.length - items.length % ROWS_AT_ONCE;
  for (let at = 0; at < whole; at += ROWS_AT_ONCE) {
    many.run(...items.slice(at, at + ROWS_AT_ONCE).flatMap(valuesOf));
  }
  for (const item of items.slice(whole)) one.run(...valuesOf(item));
}
