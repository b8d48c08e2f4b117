/**
 * Validation of the offers of a call, with the error texts of Mesos. Pure.
 *
 * @see validation::offer in src/master/validation.cpp in Mesos
 * @module
 */

import type { Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

/** The error in the offers of an ACCEPT, if any. */
export function offersError(
  state: MasterState,
  framework: Framework,
  offerIds: readonly string[],
): string | undefined {
  if (offerIds.length === 0) return "No offers specified";
  const duplicate = offerIds.find((id, index) => offerIds.indexOf(id) < index);
  if (duplicate !== undefined) return `Duplicate offer ${duplicate} in offer list`;
  const gone = offerIds.find((id) => !state.offers.has(id));
  if (gone !== undefined) return `Offer ${gone} is no longer valid`;
  return mixtureError(state, framework, offerIds);
}

function mixtureError(
  state: MasterState,
  framework: Framework,
  offerIds: readonly string[],
): string | undefined {
  const offers = offerIds.flatMap((id) => state.offers.get(id) ?? []);
  const [first] = offers;
  for (const { id, framework_id } of offers) {
    if (framework_id.value === framework.id) continue;
    return `Offer ${id.value} has invalid framework ${framework_id.value}` +
      ` while framework ${framework.id} is expected`;
  }
  for (const { id, allocation_info } of offers) {
    if (allocation_info?.role === first?.allocation_info?.role) continue;
    return "Aggregated offers must be allocated to the same role. Offer " +
      `${id.value} uses role '${allocation_info?.role} but another is using role` +
      ` '${first?.allocation_info?.role}`;
  }
  for (const { id, agent_id } of offers) {
    if (agent_id.value === first?.agent_id.value) continue;
    return "Aggregated offers must belong to one single agent. Offer " +
      `${id.value} uses agent ${agent_id.value} and agent ${first?.agent_id.value}`;
  }
  return undefined;
}
