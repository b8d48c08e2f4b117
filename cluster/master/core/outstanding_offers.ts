/**
 * Outstanding offers: creation, DECLINE, REVIVE, SUPPRESS. Pure.
 *
 * @module
 */

import type {
  Offer,
  SchedulerCallDecline,
  SchedulerCallRevive,
  SchedulerCallSuppress,
} from "../../../mesos/wire/messages.ts";
import type { Allocation } from "./allocator.ts";
import type { Framework } from "./master_records.ts";
import type { MasterState } from "./master_state.ts";

export function makeOffers(state: MasterState, allocations: readonly Allocation[]): void {
  for (const [frameworkId, group] of Map.groupBy(allocations, (each) => each.frameworkId)) {
    const framework = state.frameworks.get(frameworkId);
    if (!framework) continue;
    const offers = group.map((allocation) => makeOffer(state, framework, allocation))
      .map(({ resources = [], ...offer }) => ({
        ...offer,
        resources: resources.map((resource) => ({ role: "*", ...resource })),
      }));
    state.sendEvent(framework, { type: "OFFERS", offers: { offers } });
  }
}

function makeOffer(
  state: MasterState,
  framework: Framework,
  { agentId, role, resources }: Allocation,
): Offer {
  const agent = state.agents.get(agentId);
  if (!agent) throw new Error(`Cannot offer agent ${agentId}: it is not registered`);
  const { hostname, attributes } = agent.info;
  const executorIds = [...agent.executors.get(framework.id)?.keys() ?? []];
  const offer: Offer = {
    id: { value: state.newId("offer") },
    framework_id: { value: framework.id },
    agent_id: { value: agentId },
    hostname,
    // Mesos always writes http here, even if the agent serves HTTPS.
    url: {
      scheme: "http",
      address: { hostname, ip: agent.address.ip, port: agent.address.port },
      path: "/slave(1)",
    },
    resources: [...resources],
    ...(attributes ? { attributes } : {}),
    ...(executorIds.length > 0 ? { executor_ids: executorIds.map((value) => ({ value })) } : {}),
    allocation_info: { role },
  };
  state.addOffer(offer);
  return offer;
}

export function decline(
  state: MasterState,
  { offer_ids = [], filters = {} }: SchedulerCallDecline,
): void {
  for (const { value } of offer_ids) {
    const offer = state.offers.get(value);
    if (offer) state.discardOffer(offer, filters);
  }
}

/** Whether all these roles belong to the framework; otherwise the call is dropped. */
function ownRoles({ info }: Framework, roles: readonly string[]): boolean {
  return roles.every((role) => info.roles?.includes(role));
}

export function revive(
  state: MasterState,
  framework: Framework,
  { roles = [] }: SchedulerCallRevive,
): void {
  if (ownRoles(framework, roles)) state.allocator.revive(framework.id, roles);
}

export function suppress(
  state: MasterState,
  framework: Framework,
  { roles = [] }: SchedulerCallSuppress,
): void {
  if (ownRoles(framework, roles)) state.allocator.suppress(framework.id, roles);
}
