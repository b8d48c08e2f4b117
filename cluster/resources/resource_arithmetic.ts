/**
 * Arithmetic on lists of resources. A scalar is an amount in thousandths, as in Mesos; any other
 * resource, such as a range of ports, is offered and taken as a whole. `role` names the role for
 * which a resource is reserved and is unset otherwise. Pure.
 *
 * @see src/common/resources.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { isSubroleOf } from "./roles.ts";

/** Resources of one agent, in the order of Mesos, which is visible in offers. */
export type Resources = readonly MesosResource[];

const FIXED_PER_UNIT = 1000;

/** The amount of a scalar in thousandths. */
export function quantity({ type, scalar }: MesosResource): number {
  return type === "SCALAR" ? Math.round((scalar?.value ?? 0) * FIXED_PER_UNIT) : FIXED_PER_UNIT;
}

function withQuantity(resource: MesosResource, fixed: number): MesosResource {
  if (resource.type !== "SCALAR") return resource;
  return { ...resource, scalar: { value: fixed / FIXED_PER_UNIT } };
}

/** Resources can be added and subtracted if everything but their amounts is equal. */
function isSameKind(a: MesosResource, b: MesosResource): boolean {
  return a.name === b.name && a.type === b.type && a.role === b.role &&
    a.allocation_info?.role === b.allocation_info?.role &&
    (a.type === "SCALAR" || JSON.stringify(a.ranges) === JSON.stringify(b.ranges));
}

/** The sum, without empty resources. */
export function addResources(left: Resources, right: Resources): MesosResource[] {
  const result = [...left];
  for (const resource of right) {
    if (quantity(resource) <= 0) continue;
    const index = result.findIndex((present) => isSameKind(present, resource));
    const present = result[index];
    if (present) result[index] = withQuantity(present, quantity(present) + quantity(resource));
    else result.push(resource);
  }
  return result;
}

/** The sum of the resources that each of these uses. */
export function totalOf(users: Iterable<{ resources?: Resources | undefined }>): MesosResource[] {
  let total: MesosResource[] = [];
  for (const { resources = [] } of users) total = addResources(total, resources);
  return total;
}

/** The difference, without empty or negative resources. */
export function subtractResources(left: Resources, right: Resources): MesosResource[] {
  const result = [...left];
  for (const resource of right) {
    const index = result.findIndex((present) => isSameKind(present, resource));
    const present = result[index];
    if (!present) continue;
    const rest = quantity(present) - quantity(resource);
    if (rest > 0) {
      result[index] = withQuantity(present, rest);
      continue;
    }
    // As in Mesos, the last one moves into the gap, which is visible in the order of offers.
    const last = result.pop();
    if (last && index < result.length) result[index] = last;
  }
  return result;
}

export function containsResources(left: Resources, right: Resources): boolean {
  let rest = left;
  for (const resource of right) {
    if (quantity(resource) <= 0) continue;
    const present = rest.find((candidate) => isSameKind(candidate, resource));
    if (!present || quantity(resource) > quantity(present)) return false;
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

/** The resources that may be offered to a role: unreserved, or reserved for it or an ancestor. */
export function allocatableTo(resources: Resources, role: string): MesosResource[] {
  return resources.filter(({ role: reservedFor }) =>
    reservedFor === undefined || reservedFor === role || isSubroleOf(role, reservedFor)
  );
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
