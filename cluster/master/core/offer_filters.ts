/**
 * What frameworks declined, and for how long they don't want to see it again. Pure.
 *
 * @see RefusedOfferFilter in src/master/allocator/mesos/hierarchical.cpp in Mesos
 * @module
 */

import type { Filters } from "../../../mesos/wire/messages.ts";
import {
  containsResources,
  type Resources,
  unallocate,
} from "../../resources/resource_arithmetic.ts";

const DEFAULT_REFUSE_SECONDS = 5;
const MAX_REFUSE_SECONDS = 365 * 24 * 3600;

interface Filter {
  resources: Resources;
  expiresAtMs: number;
}

/** For how long declined resources stay away, in milliseconds; 0 is not at all. */
export function refusalMs({ refuse_seconds = DEFAULT_REFUSE_SECONDS }: Filters): number {
  if (Number.isNaN(refuse_seconds) || refuse_seconds < 0) return DEFAULT_REFUSE_SECONDS * 1000;
  return Math.min(refuse_seconds, MAX_REFUSE_SECONDS) * 1000;
}

/** The filters of one framework. */
export class OfferFilters {
  readonly #byRole = new Map<string, Map<string, Filter[]>>();

  /** Keeps these resources, and any part of them, away from a role until `expiresAtMs`. */
  add(role: string, agentId: string, filter: { resources: Resources; expiresAtMs: number }): void {
    const byAgent = this.#byRole.get(role) ?? new Map<string, Filter[]>();
    this.#byRole.set(role, byAgent);
    const added = { ...filter, resources: unallocate(filter.resources) };
    // What the new filter covers for as long or longer needs no filter of its own.
    const filters = (byAgent.get(agentId) ?? []).filter(({ resources, expiresAtMs }) =>
      expiresAtMs > added.expiresAtMs || !containsResources(added.resources, resources)
    );
    byAgent.set(agentId, [...filters, added]);
  }

  /** Whether an offer of these resources would be unwelcome. Forgets what has expired. */
  matches(
    role: string,
    agentId: string,
    { resources, nowMs }: { resources: Resources; nowMs: number },
  ): boolean {
    const byAgent = this.#byRole.get(role);
    const filters = byAgent?.get(agentId)?.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
    if (!filters) return false;
    if (filters.length > 0) byAgent?.set(agentId, filters);
    else byAgent?.delete(agentId);
    return filters.some((filter) => containsResources(filter.resources, resources));
  }

  /** Everything is welcome again: for a role, or for all. */
  clear(role?: string): void {
    if (role === undefined) this.#byRole.clear();
    else this.#byRole.delete(role);
  }

  removeAgent(agentId: string): void {
    for (const byAgent of this.#byRole.values()) byAgent.delete(agentId);
  }
}
