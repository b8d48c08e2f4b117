/**
 * Arithmetic on lists of resources. Within the cluster a resource says by `reservations` for whom
 * it is set aside, and has no `role`: the format that Mesos calls post-reservation-refinement.
 * Pure.
 *
 * @see src/common/resources.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { isSubroleOf } from "./roles.ts";
import { addValues, containsValues, quantity, subtractValues } from "./resource_values.ts";

/** What one agent has, offers, or gave away; in the order of Mesos, which offers show. */
export type Resources = readonly MesosResource[];

/** Resources can be summed up, and taken from each other, where all but their values agree. */
function kind(resource: MesosResource): string {
  const { name, type, allocation_info, reservations = [], disk, revocable, shared, provider_id } =
    resource;
  return JSON.stringify([
    name,
    type,
    allocation_info?.role,
    reservations,
    disk,
    revocable !== undefined,
    shared !== undefined,
    provider_id?.value,
  ]);
}

/** The sum; what is empty is left out. */
export function addResources(left: Resources, right: Resources): MesosResource[] {
  const result = [...left];
  for (const resource of right) {
    if (quantity(resource) <= 0) continue;
    const index = result.findIndex((present) => kind(present) === kind(resource));
    const present = result[index];
    if (present) result[index] = addValues(present, resource);
    else result.push(resource);
  }
  return result;
}

/** What is left; nothing of it is empty or negative. */
export function subtractResources(left: Resources, right: Resources): MesosResource[] {
  const result = [...left];
  for (const resource of right) {
    const index = result.findIndex((present) => kind(present) === kind(resource));
    const present = result[index];
    if (!present) continue;
    const rest = subtractValues(present, resource);
    if (quantity(rest) > 0) {
      result[index] = rest;
      continue;
    }
    // As Mesos does: the last one moves into the gap, which is visible in the order of offers.
    const last = result.pop() as MesosResource;
    if (index < result.length) result[index] = last;
  }
  return result;
}

/** Whether the second can be taken from the first. */
export function containsResources(left: Resources, right: Resources): boolean {
  let rest = left;
  for (const resource of right) {
    if (quantity(resource) <= 0) continue;
    const present = rest.find((candidate) => kind(candidate) === kind(resource));
    if (!present || !containsValues(present, resource)) return false;
    rest = subtractResources(rest, [resource]);
  }
  return true;
}

/** Whether both are the same, whatever the order. */
export function sameResources(left: Resources, right: Resources): boolean {
  return containsResources(left, right) && containsResources(right, left);
}

export function allocate(resources: Resources, role: string): MesosResource[] {
  return resources.map((resource) => ({ ...resource, allocation_info: { role } }));
}

export function unallocate(resources: Resources): MesosResource[] {
  return resources.map(({ allocation_info: _, ...resource }) => resource);
}

/** For whom it is set aside; undefined where it is for everybody. */
export function reservationRole(resource: MesosResource): string | undefined {
  return resource.reservations?.at(-1)?.role;
}

/** What may be offered to a role: what is set aside for it or for a role above it, and the rest. */
export function allocatableTo(resources: Resources, role: string): MesosResource[] {
  return resources.filter((resource) => {
    const reservedFor = reservationRole(resource);
    return reservedFor === undefined || reservedFor === role || isSubroleOf(role, reservedFor);
  });
}

/** Scalars by name, in thousandths, whatever role they are set aside for. */
export function scalarQuantities(resources: Resources): Map<string, number> {
  const sums = new Map<string, number>();
  for (const resource of resources) {
    if (resource.type !== "SCALAR") continue;
    sums.set(resource.name, (sums.get(resource.name) ?? 0) + quantity(resource));
  }
  return sums;
}

/** Turns what a framework says into the format that the cluster keeps. */
export function upgradeResources(resources: Resources): MesosResource[] {
  return resources.map(({ role = "*", reservation, reservations = [], ...resource }) => {
    if (reservations.length > 0) return { ...resource, reservations };
    if (role === "*") return resource;
    const type = reservation ? "DYNAMIC" as const : "STATIC" as const;
    return { ...resource, reservations: [{ type, role, ...reservation }] };
  });
}

/** Turns what the cluster keeps into what frameworks without RESERVATION_REFINEMENT are told. */
export function downgradeResources(resources: Resources): MesosResource[] {
  return resources.map(({ reservations = [], ...resource }) => {
    const [reserved] = reservations;
    if (!reserved) return { ...resource, role: "*" };
    const { type, role, ...reservation } = reserved;
    const downgraded = { ...resource, role };
    return type === "DYNAMIC" ? { ...downgraded, reservation } : downgraded;
  });
}
