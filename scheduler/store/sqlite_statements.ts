/**
 * What a store writes to its database, as statements that are prepared once.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
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

/** The statements, by what they do. */
export interface Statements {
  /** Keeps the framework. */
  readonly putFramework: StatementSync;
  /** Keeps a job. */
  readonly putJob: StatementSync;
  /** Forgets a job. */
  readonly deleteJob: StatementSync;
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
  readonly putEndedJob: StatementSync;
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
  return {
    putFramework: database.prepare("INSERT OR REPLACE INTO framework VALUES (1, ?)"),
    putJob: database.prepare("INSERT OR REPLACE INTO job VALUES (?, ?)"),
    deleteJob: database.prepare("DELETE FROM job WHERE job_id = ?"),
    putTask: database.prepare("INSERT OR REPLACE INTO task VALUES (?, ?)"),
    deleteTask: database.prepare("DELETE FROM task WHERE task_id = ?"),
    putExecutor: database.prepare("INSERT OR REPLACE INTO executor VALUES (?, ?, ?)"),
    deleteExecutor: database.prepare("DELETE FROM executor WHERE agent_id = ? AND role = ?"),
    putJobFile: database.prepare("INSERT OR REPLACE INTO job_file VALUES (?, ?)"),
    putEndedJob: database.prepare(
      "INSERT OR REPLACE INTO ended_job (job_id, record) VALUES (?, ?)",
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
  for (const job of changes.jobs) statements.putJob.run(job.jobID, jobCodec.write(job));
  for (const jobID of changes.deletedJobIDs) statements.deleteJob.run(jobID);
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
  for (const job of changes.endedJobs) {
    statements.putEndedJob.run(job.jobID, endedJobCodec.write(job));
  }
  if (changes.endedJobs.length > 0) statements.forgetEndedJobs.run(maxHistory);
  for (const key of changes.deletedRequestKeys) statements.deleteRequest.run(key);
  for (const request of changes.requests) {
    statements.putRequest.run(request.key, requestCodec.write(request));
  }
  statements.putProgress.run(commits);
}
