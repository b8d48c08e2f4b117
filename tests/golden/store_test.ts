/*
 * Stores as they were left by programs of every schema so far: what they hold is read by all later
 * ones. `stores/schema-N.sqlite` was written by a program whose schema was N, and is never changed;
 * beside it is what is in it.
 */

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { DATABASE_NAME, SCHEMA_VERSION, SqliteStore } from "../../scheduler/store/sqlite_store.ts";
import { newFramework } from "../../scheduler/testing.ts";

const STORES = fileURLToPath(new URL("./stores", import.meta.url));

/** The version from which on tasks are records of their own. */
const TASKS_VERSION = 4;

interface OldContent {
  readonly jobs: readonly { readonly jobID: number; readonly task?: { readonly taskId: string } }[];
}

/** What tasks that were a part of their jobs are now. */
function withTasks(content: OldContent): unknown {
  const jobs = content.jobs.map(({ task, ...job }) => task ? { ...job, taskId: task.taskId } : job);
  const tasks = content.jobs.flatMap(({ jobID, task }) =>
    task ? [{ ...task, jobIDs: [jobID] }] : []
  );
  return { ...content, jobs, tasks };
}

for (let schema = 1; schema <= SCHEMA_VERSION; schema++) {
  Deno.test(`a store of schema ${schema} is read as it was written`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      await Deno.copyFile(`${STORES}/schema-${schema}.sqlite`, `${directory}/${DATABASE_NAME}`);
      const store = new SqliteStore(directory);
      const stored = store.load(newFramework());
      store.close();
      assert(stored.jobs.length > 5);
      const expected = JSON.parse(await Deno.readTextFile(`${STORES}/schema-${schema}.json`));
      // What the schema had no place for is empty.
      const later = { requests: [], ...schema < TASKS_VERSION ? withTasks(expected) : expected };
      assertEquals(JSON.parse(JSON.stringify(stored)), later);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
