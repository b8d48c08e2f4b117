/**
 * Bugs that are planted, to see whether the simulation finds them.
 *
 * @module
 */

import type { Input } from "../../scheduler/core/inputs.ts";
import type { StoredState } from "../../scheduler/core/change_log.ts";

/** A bug that is put in to see whether the simulation finds it. */
export type PlantedBug =
  | "acts before it commits"
  | "forgets to reconcile"
  | "reports what is told"
  | "takes a refused launch for a proof"
  | "forgets which nodes are ignored"
  | "launches before it has the user script"
  | "believes that a teardown was done"
  | "forgets how often a job was run"
  | "trusts a store that has gone back"
  | "drops an end when it gathers reports"
  | "forgets who shares a task";

/** What planted bugs make of what is stored. */
export function misread(stored: StoredState, bug: PlantedBug | undefined): void {
  if (bug === "forgets which nodes are ignored") stored.framework.ignoredNodes = [];
  if (bug === "forgets how often a job was run") {
    for (const job of stored.jobs) job.retried = 0;
  }
  if (bug !== "forgets who shares a task") return;
  const firsts = new Set(stored.tasks.map(({ jobIDs }) => jobIDs[0]));
  for (const task of stored.tasks) task.jobIDs = task.jobIDs.slice(0, 1);
  for (const job of stored.jobs) if (!firsts.has(job.jobID)) job.taskId = undefined;
}

/** What planted bugs make of an update. */
export function mistaken(
  input: Input,
  { bug, uuid }: { bug: PlantedBug | undefined; uuid: () => Uint8Array },
): Input {
  if (input.type !== "UPDATE" || input.status.uuid) return input;
  const isBelieved = bug === "reports what is told" ||
    (bug === "takes a refused launch for a proof" && input.status.state === "TASK_DROPPED");
  return isBelieved ? { ...input, status: { ...input.status, uuid: uuid() } } : input;
}
