/**
 * Validation of resources in calls, with the error texts of Mesos. Pure.
 *
 * @see Resources::validate in src/common/resources.cpp and src/master/validation.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { formatResource } from "./resource_text.ts";
import type { Resources } from "./resource_arithmetic.ts";
import { quantity } from "./resource_values.ts";

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

function resourceError(resource: MesosResource): string | undefined {
  return resource.name === "" ? "Empty resource name" : valueError(resource);
}

/** The error in the first invalid resource of a list, if any. */
export function resourceListError(resources: Resources): string | undefined {
  for (const resource of resources) {
    const error = resourceError(resource);
    if (error) return `Resource '${formatResource(resource)}' is invalid: ${error}`;
  }
  return undefined;
}

/** The error in the resources of a task or executor as a whole, if any. */
export function resourcesError(resources: Resources): string | undefined {
  const listError = resourceListError(resources);
  if (listError) return `Invalid resources: ${listError}`;
  const gpus = resources.filter(({ name }) => name === "gpus")
    .reduce((sum, resource) => sum + quantity(resource), 0);
  if (gpus % FIXED_PER_UNIT !== 0) {
    return "Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer";
  }
  return undefined;
}

/** The error in the roles of resources: all must be allocated to one role. */
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
