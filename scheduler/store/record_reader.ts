/**
 * Reads records from their rows. A row that is not sound is named, and nothing is read then.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { JobRecord } from "../core/records.ts";
import { SharedParts } from "../core/shared_parts.ts";
import { asError } from "../../support/reason.ts";
import { jobCodec, type RecordCodec } from "./record_schemas.ts";

declare module "node:sqlite" {
  /** Has a method that its types lack. */
  interface StatementSync {
    /** Whether a row is an array of its columns. */
    setReturnArrays(enabled: boolean): void;
  }
}

/** How the records of a table are read. */
export interface RecordReader<T> {
  /** Gives `key` and `record` of each row. */
  readonly query: string;
  /** Reads a record. */
  readonly codec: Pick<RecordCodec<T>, "read">;
  /** The key that a record belongs under: under another one it could not be deleted. */
  readonly keyOf: (record: T) => string | number;
}

/**
 * Reads the records of a table.
 *
 * @throws {SyntaxError} naming the row that is not sound.
 */
export function readRecords<T>(
  database: DatabaseSync,
  { query, codec, keyOf }: RecordReader<T>,
): T[] {
  return database.prepare(query).all().map(({ key, record }) => {
    const value = naming(key, () => codec.read(String(record)));
    checkKey(keyOf(value), key);
    return value;
  });
}

/** How many jobs are read at once. */
const PAGE_ROWS = 256;

/** Records with more bytes are read one by one: what is read at once is bounded. */
const MAX_PAGED_BYTES = 64 * 1024;

/** The keys and the records of a page as JSON; NULL behind the last. */
const PAGE = `
  SELECT '[' || group_concat(job_id) || ']', '[' || group_concat(record) || ']' FROM (
    SELECT job_id, iif(octet_length(record) > ${MAX_PAGED_BYTES}, 'null', record) AS record
    FROM job WHERE job_id > ? ORDER BY job_id LIMIT ${PAGE_ROWS}
  )`;

/**
 * Reads the jobs, by ascending id, and has them share their equal parts. There may be a million of
 * them: parsed by the page, they take half of the time that they take one by one.
 *
 * @throws {SyntaxError} naming the row that is not sound.
 */
export function readJobs(database: DatabaseSync): JobRecord[] {
  const parts = new SharedParts();
  const one = database.prepare("SELECT record FROM job WHERE job_id = ?");
  const jobs: JobRecord[] = [];
  for (const { keys, records } of readPages(database)) {
    for (const [index, key] of keys.entries()) {
      const job = naming(key, () => {
        const record = records?.[index] ?? null;
        return record === null
          ? jobCodec.read(String(one.get(key)?.["record"]))
          : jobCodec.check(record);
      });
      checkKey(job.jobID, key);
      parts.share(job.spec);
      jobs.push(job);
    }
  }
  return jobs;
}

/** Rows of jobs. */
interface Page {
  readonly keys: readonly number[];
  /** Their records, or null where it has to be read alone; undefined: all of them have to be. */
  readonly records: readonly unknown[] | undefined;
}

function* readPages(database: DatabaseSync): Generator<Page, void, void> {
  const page = database.prepare(PAGE);
  page.setReturnArrays(true);
  for (let last = Number.MIN_SAFE_INTEGER;;) {
    const { 0: keyText, 1: recordText } = page.get(last) ?? {};
    if (keyText === null) return;
    const keys: number[] = JSON.parse(String(keyText));
    yield { keys, records: parsePage(String(recordText), keys.length) };
    last = keys.at(-1) ?? last;
  }
}

/** Undefined where any of the records is not JSON. */
function parsePage(text: string, count: number): unknown[] | undefined {
  try {
    const records: unknown[] = JSON.parse(text);
    return records.length === count ? records : undefined;
  } catch {
    return undefined;
  }
}

function naming<T>(key: unknown, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SyntaxError(`${asError(cause).message} (in row ${key})`, { cause });
  }
}

function checkKey(own: string | number, key: unknown): void {
  if (own !== key) throw new SyntaxError(`the record of ${own} is kept as ${key}`);
}
