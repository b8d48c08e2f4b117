/**
 * The cpus that an executor holds, and what it lends of them. Pure.
 *
 * Mesos puts an executor and its tasks into one container, whose limits are the sum of what all of
 * them asked for. A container without cpus is destroyed, so an executor must hold some even when it
 * has no task; and since they share the container, a task may ask for that much less, so that jobs
 * that need all cores of a node still fit there.
 *
 * @see MIN_CPUS and MIN_MEM in src/master/constants.hpp of Mesos
 * @module
 */

import { MEBIBYTE } from "../../support/units.ts";
import { fits, NOTHING, type Quantities, remainder } from "./quantities.ts";

/** The least that Mesos wants an executor, or a task, to ask for: 0.01 cpus. */
export const MIN_CPUS_MILLI = 10;

/** The least memory that Mesos wants an executor to ask for. */
export const MIN_EXECUTOR_MEMORY_BYTES = 32 * MEBIBYTE;

/** What an executor asks for: what was configured, but no less than Mesos wants. */
export function atLeastMinimum(executor: Quantities): Quantities {
  return {
    ...executor,
    cpusMilli: Math.max(MIN_CPUS_MILLI, executor.cpusMilli),
    memoryBytes: Math.max(MIN_EXECUTOR_MEMORY_BYTES, executor.memoryBytes),
  };
}

/**
 * How many thousandths of a cpu a task has to borrow from its executor to fit into a room;
 * undefined where that does not help.
 *
 * @param lendableCpusMilli What the executor holds, less what it has lent.
 */
export function cpusToBorrow(
  need: Quantities,
  room: Quantities,
  lendableCpusMilli: number,
): number | undefined {
  const missing = Math.max(0, need.cpusMilli - room.cpusMilli);
  if (missing === 0) return fits(need, room) ? 0 : undefined;
  if (missing > lendableCpusMilli || need.cpusMilli - missing < MIN_CPUS_MILLI) return undefined;
  return fits(lessCpus(need, missing), room) ? missing : undefined;
}

/** The same quantities, less a number of thousandths of a cpu. */
export function lessCpus(quantities: Quantities, cpusMilli: number): Quantities {
  return { ...quantities, cpusMilli: quantities.cpusMilli - cpusMilli };
}

/** The most that one job can have of an agent, beside the executor and with what that lends. */
export function capacityForJobs(capacity: Quantities, executor: Quantities): Quantities {
  if (!fits(executor, capacity)) return NOTHING;
  const beside = remainder(capacity, executor);
  const canLend = beside.cpusMilli >= MIN_CPUS_MILLI;
  return canLend ? { ...beside, cpusMilli: capacity.cpusMilli } : beside;
}
