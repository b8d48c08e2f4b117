/**
 * What is wrong with resources that a framework names, in Mesos' words. Pure.
 *
 * @see Resources::validate in src/common/resources.cpp and src/master/validation.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { formatResource } from "./resource_text.ts";
import { reservationRole, type Resources } from "./resource_arithmetic.ts";
import { quantity } from "./resource_values.ts";
import { isSubroleOf, roleError } from "./roles.ts";

const FIXED_PER_UNIT = 1000;

function scalarError({ scalar, ranges, set }: MesosResource): string | undefined {
  if (!scalar || ranges || set) return "Invalid scalar resource";
  if (scalar.value !== 0 && Math.round(scalar.value * FIXED_PER_UNIT) <= 0) {
    return "Invalid scalar resource: value <= 0";
  }
  return undefined;
}

function rangesError({ scalar, ranges, set }: MesosResource): string | undefined {
  if (scalar || !ranges || set) return "Invalid ranges resource";
  const range = ranges.range ?? [];
  for (const [index, { begin, end }] of range.entries()) {
    if (begin > end) return "Invalid ranges resource: begin > end";
    for (const later of range.slice(index + 1)) {
      if (begin <= later.begin && later.begin <= end) {
        return "Invalid ranges resource: overlapping ranges";
      }
    }
  }
  return undefined;
}

function setError({ scalar, ranges, set }: MesosResource): string | undefined {
  if (scalar || ranges || !set) return "Invalid set resource";
  const items = set.item ?? [];
  return new Set(items).size < items.length
    ? "Invalid set resource: duplicated elements"
    : undefined;
}

function valueError(resource: MesosResource): string | undefined {
  switch (resource.type) {
    case "SCALAR":
      return scalarError(resource);
    case "RANGES":
      return rangesError(resource);
    case "SET":
      return setError(resource);
    case "TEXT":
      return "Unsupported resource type";
  }
}

function reservationError(resource: MesosResource): string | undefined {
  const { role, reservation, reservations = [] } = resource;
  if (reservations.length === 0) {
    const error = roleError(role ?? "*");
    if (error || !reservation) return error;
    for (const field of ["type", "role"] as const) {
      if (reservation[field] !== undefined) {
        return `'Resource.ReservationInfo.${field}' must not be set for` +
          " the 'Resource.reservation' field";
      }
    }
    return (role ?? "*") === "*"
      ? 'Invalid reservation: role "*" cannot be dynamically reserved'
      : undefined;
  }
  for (const entry of reservations) {
    for (const field of ["type", "role"] as const) {
      if (entry[field] === undefined) {
        return `Invalid reservation: 'Resource.ReservationInfo.${field}' field must be set.`;
      }
    }
    const error = roleError(entry.role ?? "*");
    if (error) return error;
    if (entry.role === "*") return 'Invalid reservation: role "*" cannot be reserved';
  }
  return refinementError(resource);
}

function refinementError({ role, reservations = [] }: MesosResource): string | undefined {
  for (const [index, { type, role: descendant = "" }] of reservations.entries()) {
    const ancestor = reservations[index - 1]?.role;
    if (ancestor === undefined) continue;
    if (type === "STATIC") {
      return "Invalid refined reservation: A refined reservation cannot be STATIC";
    }
    if (!isSubroleOf(descendant, ancestor)) {
      return `Invalid refined reservation: role '${descendant}' is not a refinement of` +
        ` '${ancestor}'`;
    }
  }
  if (role === undefined) return undefined;
  const [reserved] = reservations;
  if (reservations.length > 1) {
    return "Invalid resource format: 'Resource.role' must not be set if" +
      " there is more than one reservation in 'Resource.reservations'";
  }
  if (role === reserved?.role) return undefined;
  return `Invalid resource format: 'Resource.role' field with '${role}' does not match the role` +
    ` '${reserved?.role}' in 'Resource.reservations'`;
}

/** What is wrong with one resource. */
function resourceError(resource: MesosResource): string | undefined {
  if (resource.name === "") return "Empty resource name";
  const error = valueError(resource);
  if (error) return error;
  if (resource.disk && resource.name !== "disk") {
    return `DiskInfo should not be set for ${resource.name} resource`;
  }
  return reservationError(resource) ??
    (resource.shared && !resource.disk?.persistence
      ? resource.name === "disk"
        ? "Only persistent volumes can be shared"
        : `Resource ${resource.name} cannot be shared`
      : undefined);
}

function diskError(resources: Resources): string | undefined {
  for (const resource of resources) {
    const { disk } = resource;
    if (!disk) continue;
    if (disk.persistence) {
      if (resource.revocable) {
        return "Persistent volumes cannot be created from revocable resources";
      }
      if (reservationRole(resource) === undefined) {
        return "Persistent volumes cannot be created from unreserved resources";
      }
      if (!disk.volume) return "Expecting 'volume' to be set for persistent volume";
      if (disk.volume.host_path !== undefined) {
        return "Expecting 'host_path' to be unset for persistent volume";
      }
    } else if (disk.volume) {
      return "Non-persistent volume not supported";
    } else if (!disk.source) {
      return "DiskInfo is set but empty";
    }
  }
  return undefined;
}

/** What is wrong with the first bad resource of a list. */
export function resourceListError(resources: Resources): string | undefined {
  for (const resource of resources) {
    const error = resourceError(resource);
    if (error) return `Resource '${formatResource(resource)}' is invalid: ${error}`;
  }
  return undefined;
}

/** What is wrong with the resources of a task or executor, taken together. */
export function resourcesError(resources: Resources): string | undefined {
  const listError = resourceListError(resources);
  if (listError) return `Invalid resources: ${listError}`;
  const gpus = resources.filter(({ name }) => name === "gpus")
    .reduce((sum, resource) => sum + quantity(resource), 0);
  if (gpus % FIXED_PER_UNIT !== 0) {
    return "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer";
  }
  const error = diskError(resources);
  return error && `Invalid DiskInfo: ${error}`;
}

/** Resources of one task or executor belong to one role, the one they were offered to. */
export function allocationRoleError(resources: Resources): string | undefined {
  const roles = resources.map(({ allocation_info }) => allocation_info?.role);
  const [first] = roles;
  for (const role of roles) {
    if (role === undefined) return "The resources are not allocated to a role";
    if (role !== first) {
      return `The resources have multiple allocation roles ('${role}' and '${first}')` +
        " but only one allocation role is allowed";
    }
  }
  return undefined;
}

/** A task takes all of a name either from what can be taken back, or from what can't. */
export function revocableError(resources: Resources): string | undefined {
  for (const [name, group] of Map.groupBy(resources, (resource) => resource.name)) {
    const revocable = group.filter((resource) => resource.revocable !== undefined);
    if (revocable.length > 0 && revocable.length < group.length) {
      return `Cannot use both revocable and non-revocable '${name}' at the same time`;
    }
  }
  return undefined;
}
