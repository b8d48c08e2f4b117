/**
 * The resources of an offer, entry by entry, as they are taken for tasks. Pure.
 *
 * An offer may hold the same resource several times: reserved in various ways and unreserved. A
 * task must name what it takes as it was offered, so quantities are taken from entries, never from
 * sums.
 *
 * @see docs/attributes-resources.md and docs/reservation.md in the Mesos documentation
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { type Quantities, QUANTITY_NAMES } from "./quantities.ts";

type QuantityName = typeof QUANTITY_NAMES[number];

/** Mesos' name of each quantity, and how many of ours one unit of Mesos' is. */
const MESOS_UNITS: Readonly<Record<QuantityName, { name: string; unit: number }>> = {
  cpusMilli: { name: "cpus", unit: 1000 },
  memoryBytes: { name: "mem", unit: MEBIBYTE },
  diskBytes: { name: "disk", unit: MEBIBYTE },
  gpus: { name: "gpus", unit: 1 },
};

interface Entry {
  /** As offered; the scalar is replaced when some of it is taken. */
  readonly resource: MesosResource;
  readonly quantity: QuantityName;
  readonly reserved: boolean;
  available: number;
}

function isReserved(resource: MesosResource): boolean {
  return (resource.role ?? "*") !== "*" || (resource.reservations ?? []).length > 0;
}

/**
 * Whether a task can take a part of this entry. Revocable resources can be taken back, persistent
 * volumes are somebody's, and a disk of its own must be taken whole: none is for passing jobs.
 */
function isUsable(resource: MesosResource): boolean {
  return resource.type === "SCALAR" && !resource.revocable && !resource.shared && !resource.disk;
}

function toEntry(resource: MesosResource): Entry | undefined {
  const quantity = QUANTITY_NAMES.find((name) => MESOS_UNITS[name].name === resource.name);
  if (!quantity || !isUsable(resource)) return undefined;
  // Mesos' doubles are thousandths by contract: 3.9999999 is 4.
  const milli = Math.round((resource.scalar?.value ?? 0) * 1000);
  const available = Math.floor((milli * MESOS_UNITS[quantity].unit) / 1000);
  return { resource, quantity, reserved: isReserved(resource), available };
}

/** What resources come to, as far as tasks can use them. */
export function totalOf(resources: readonly MesosResource[]): Quantities {
  return new OfferedResources(resources).available();
}

/** What is left of an offer. */
export class OfferedResources {
  readonly #entries: Entry[];

  /**
   * All of an offer.
   *
   * @param resources As offered. Entries that no task can use are left alone.
   */
  constructor(resources: readonly MesosResource[]) {
    this.#entries = resources.map(toEntry).filter((entry) => entry !== undefined);
    // What is reserved is of use to us alone: it goes first.
    this.#entries.sort((a, b) => Number(b.reserved) - Number(a.reserved));
  }

  /** What is left, summed up. */
  available(): Quantities {
    const sums = { cpusMilli: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 };
    for (const { quantity, available } of this.#entries) sums[quantity] += available;
    return sums;
  }

  /**
   * Takes quantities and gives them as resources for a task or an executor.
   *
   * @throws {RangeError} when they are not there; nothing is taken then.
   */
  take(need: Quantities): MesosResource[] {
    const have = this.available();
    for (const name of QUANTITY_NAMES) {
      if (need[name] > have[name]) {
        throw new RangeError(`Cannot take ${need[name]} of ${name}: ${have[name]} are left`);
      }
    }
    return QUANTITY_NAMES.flatMap((name) => this.#takeOne(name, need[name]));
  }

  #takeOne(quantity: QuantityName, need: number): MesosResource[] {
    const taken: MesosResource[] = [];
    let missing = need;
    for (const entry of this.#entries) {
      const amount = entry.quantity === quantity ? Math.min(missing, entry.available) : 0;
      if (amount === 0) continue;
      entry.available -= amount;
      missing -= amount;
      taken.push({ ...entry.resource, scalar: { value: amount / MESOS_UNITS[quantity].unit } });
    }
    return taken;
  }
}
