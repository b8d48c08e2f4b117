/**
 * Looks at a database before it is used, and writes nothing: what is not ours, or damaged, stays as
 * it is.
 *
 * What a look can't find: a record whose text was changed to another sound one, since pages carry
 * no checksum; and a log that was exchanged for another sound one, if what comes of it is sound.
 * Commits that are missing at the end are found by the mark beside the database (commit_mark.ts).
 *
 * @module
 */

import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store.ts";
import { findLogDamage } from "./write_ahead_log.ts";

/** Identifies our databases. */
export interface DatabaseKind {
  /** The id in its header. */
  readonly applicationId: number;
  /** The newest version of the schema that is known. */
  readonly schemaVersion: number;
}

/** What a look at a database finds. */
export interface DatabaseContent {
  /** The version of its schema; 0 for an empty one. */
  readonly version: number;
  /** How many commits it holds; 0 where an earlier version has not counted them. */
  readonly commits: number;
}

/**
 * Reads all of a database: a quarter of a second for a million jobs, which take seconds to load.
 *
 * @param path The file; there must be one, which may be empty.
 * @param object Says what is wrong with a sound database, if anything is.
 * @throws {StoreError} when it is another program's, of a newer version, or damaged.
 * @throws {Error} of SQLite when it is not a database, is locked, or can't be read.
 */
export function inspectDatabase(
  path: string,
  kind: DatabaseKind,
  object: (content: DatabaseContent) => string | undefined,
): DatabaseContent {
  // Readers, too, make these where there are none.
  const companions = [`${path}-wal`, `${path}-shm`].filter((file) => !existsSync(file));
  try {
    const content = inspect(path, kind);
    const objection = object(content);
    if (objection !== undefined) throw new StoreError(`Cannot use ${path}: ${objection}`);
    return content;
  } catch (error) {
    for (const file of companions) if (existsSync(file)) Deno.removeSync(file);
    throw error;
  }
}

function inspect(path: string, kind: DatabaseKind): DatabaseContent {
  // SQLite would remove such a log, which holds all that was ever written.
  if (Deno.statSync(path).size === 0 && existsSync(`${path}-wal`)) {
    throw new StoreError(`Cannot use ${path}: it is damaged: it is empty, beside its log`);
  }
  // What a killed process was about to do has to be undone first, and that is writing.
  const readOnly = !existsSync(`${path}-journal`);
  const database = new DatabaseSync(path, { readOnly });
  try {
    // The option for it is not heeded for readers.
    database.exec("PRAGMA busy_timeout = 0");
    const version = readVersion(database, path, kind);
    // How many frames of the write-ahead log were sound, and are in use.
    const framesRead = Number(pragma(database, "wal_checkpoint(NOOP)", "log"));
    const damage = findLogDamage(`${path}-wal`, framesRead) ??
      (framesRead > 0 ? undefined : findCut(database, path)) ?? findDamage(database);
    if (damage) throw new StoreError(`Cannot use ${path}: it is damaged: ${damage}`);
    return { version, commits: readCommits(database, version) };
  } finally {
    database.close();
  }
}

/** The version from which on commits are counted. */
const COUNTING_VERSION = 3;

function readCommits(database: DatabaseSync, version: number): number {
  if (version < COUNTING_VERSION) return 0;
  return Number(database.prepare("SELECT commits FROM progress").get()?.["commits"] ?? 0);
}

/** The version of the schema that is there; 0 for none. */
function readVersion(
  database: DatabaseSync,
  path: string,
  { applicationId, schemaVersion }: DatabaseKind,
): number {
  const schema = database.prepare("SELECT count(*) AS size FROM sqlite_schema").get();
  if (schema?.["size"] === 0) return 0;
  if (pragma(database, "application_id") !== applicationId) {
    throw new StoreError(`Cannot use ${path}: not a toil-mesos database`);
  }
  const version = Number(pragma(database, "user_version"));
  // The tables come with the version, in one transaction.
  if (version < 1) throw new StoreError(`Cannot use ${path}: it is damaged: it has no version`);
  if (version <= schemaVersion) return version;
  throw new StoreError(
    `Cannot use ${path}: it was written by a newer toil-mesos ` +
      `(schema ${version}; this one knows ${schemaVersion})`,
  );
}

/** A file that ends within a page. Only a crash on the way from the log may leave that. */
function findCut(database: DatabaseSync, path: string): string | undefined {
  const isCut = Deno.statSync(path).size % Number(pragma(database, "page_size")) !== 0;
  return isCut ? "its last page is cut off" : undefined;
}

function findDamage(database: DatabaseSync): string | undefined {
  const found = String(pragma(database, "integrity_check(1)", "integrity_check"));
  return found === "ok" ? undefined : found.replaceAll(/\s+/g, " ");
}

function pragma(database: DatabaseSync, query: string, column = query): unknown {
  return database.prepare(`PRAGMA ${query}`).get()?.[column];
}
