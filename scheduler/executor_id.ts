/**
 * Names executors by what they are made of. Mesos refuses tasks whose executor has the id of a
 * running one but differs in anything, as it would after an upgrade of this program or a change of
 * its options; a name that changes along starts a new executor instead.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ExecutorId } from "../mesos/ids.ts";
import { EXECUTOR_ID_PREFIX } from "./core/executors_in_use.ts";
import type { CommandInfo, MesosResource } from "../mesos/wire/messages.ts";

/** A round of offers asks for the same name once for each agent, and a hash takes microseconds. */
let last: { readonly content: string; readonly id: ExecutorId } | undefined;

/** The id of an executor with this command and these resources. */
export function executorIdFor(
  command: CommandInfo,
  resources: readonly MesosResource[],
): ExecutorId {
  const content = JSON.stringify([command, resources]);
  if (last?.content === content) return last.id;
  const digest = createHash("sha256").update(content).digest("hex");
  last = { content, id: `${EXECUTOR_ID_PREFIX}${digest.slice(0, 16)}` };
  return last.id;
}
