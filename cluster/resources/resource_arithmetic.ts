/**
 * Arithmetic on lists of resources. Within the cluster, `reservations` names the role for which a
 * resource is reserved, and `role` is unset: Mesos calls this format post-reservation-refinement.
 * Pure.
 *
 * @see src/common/resources.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { isSubroleOf } from "./roles.ts";
import { addValues, containsValues, quantity, subtractValues } from "./resource_values.ts";

/** Resources of one agent, in the order of Mesos, which is visible in offers. */
export type Resources = readonly MesosResource[];

/** Resources can be added and subtracted if everything but their values is equal. */
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

/** The sum, without empty resources. */
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

/** The difference, without empty or negative resources. */
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
    // As in Mesos, the last one moves into the gap, which is visible in the order of offers.
    const last = result.pop() as MesosResource;
    if (index < result.length) result[index] = last;
  }
  return result;
}

/** Whether `left` contains `right`. */
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

/** Whether both are equal, in any order. */
export function sameResources(left: Resources, right: Resources): boolean {
  return containsResources(left, right) && containsResources(right, left);
}

export function allocate(resources: Resources, role: string): MesosResource[] {
  return resources.map((resource) => ({ ...resource, allocation_info: { role } }));
}

export function unallocate(resources: Resources): MesosResource[] {
  return resources.map(({ allocation_info: _, ...resource }) => resource);
}

/** The role for which it is reserved; undefined if unreserved. */
export function reservationRole(resource: MesosResource): string | undefined {
  return resource.reservations?.at(-1)?.role;
}

/**
 * The resources that may be offered to a role: those reserved for it or an ancestor, and the
 * unreserved ones.
 */
export function allocatableTo(resources: Resources, role: string): MesosResource[] {
  return resources.filter((resource) => {
    const reservedFor = reservationRole(resource);
    return reservedFor === undefined || reservedFor === role || isSubroleOf(role, reservedFor);
  });
}

/** Scalars by name, in thousandths, of all roles. */
export function scalarQuantities(resources: Resources): Map<string, number> {
  const sums = new Map<string, number>();
  for (const resource of resources) {
    if (resource.type !== "SCALAR") continue;
    sums.set(resource.name, (sums.get(resource.name) ?? 0) + quantity(resource));
  }
  return sums;
}

/** Converts resources from a framework to the format of the cluster. */
export function upgradeResources(resources: Resources): MesosResource[] {
  return resources.map(({ role = "*", reservation, reservations = [], ...resource }) => {
    if (reservations.length > 0) return { ...resource, reservations };
    if (role === "*") return resource;
    const type = reservation ? "DYNAMIC" as const : "STATIC" as const;
    return { ...resource, reservations: [{ type, role, ...reservation }] };
  });
}

/** Converts resources to the format of frameworks without RESERVATION_REFINEMENT. */
export function downgradeResources(resources: Resources): MesosResource[] {
  return resources.map(({ reservations = [], ...resource }) => {
    const [reserved] = reservations;
    if (!reserved) return { ...resource, role: "*" };
    const { type, role, ...reservation } = reserved;
    const downgraded = { ...resource, role };
    return type === "DYNAMIC" ? { ...downgraded, reservation } : downgraded;
  });
}
