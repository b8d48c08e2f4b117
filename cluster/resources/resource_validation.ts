/**
 * Validation of resources in calls, with the error texts of Mesos. Pure.
 *
 * @see Resources::validate in src/common/resources.cpp and src/master/validation.cpp in Mesos
 * @module
 */

import type { MesosResource } from "../../mesos/wire/messages.ts";
import { quantity, type Resources, scalarQuantities } from "./resource_arithmetic.ts";
import { formatResource } from "./resource_text.ts";

function resourceError(resource: MesosResource): string | undefined {
  const { name, type, scalar, ranges } = resource;
  if (name === "") return "Empty resource name";
  if (type === "RANGES" && ranges) return undefined;
  if (type !== "SCALAR") return "Unsupported resource type";
  if (!scalar) return "Invalid scalar resource";
  // Written so that NaN is an error too.
  return scalar.value === 0 || quantity(resource) > 0
    ? undefined
    : "Invalid scalar resource: value <= 0";
}

export function resourcesError(resources: Resources): string | undefined {
  for (const resource of resources) {
    const error = resourceError(resource);
    if (error) return `Resource '${formatResource(resource)}' is invalid: ${error}`;
  }
  if ((scalarQuantities(resources).get("gpus") ?? 0) % 1000 !== 0) {
    return "The 'gpus' resource must be an unsigned integer";
  }
  const roles = [...new Set(resources.map(({ allocation_info }) => allocation_info?.role))];
  if (roles.length <= 1) return undefined;
  return `The resources have multiple allocation roles ('${roles.join("' and '")}')` +
    " but only one allocation role is allowed";
}
