/**
 * Filters for declined resources, and their expiry. Pure.
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

/** How long declined resources are filtered, in milliseconds; 0 means not at all. */
export function refusalMs({ refuse_seconds = DEFAULT_REFUSE_SECONDS }: Filters): number {
  if (Number.isNaN(refuse_seconds) || refuse_seconds < 0) return DEFAULT_REFUSE_SECONDS * 1000;
  return Math.min(refuse_seconds, MAX_REFUSE_SECONDS) * 1000;
}

/** The filters of one framework. */
export class OfferFilters {
  readonly #byRole = new Map<string, Map<string, Filter[]>>();

  /** Filters these resources, and any part of them, for a role until `expiresAtMs`. */
  add(role: string, agentId: string, filter: { resources: Resources; expiresAtMs: number }): void {
    const byAgent = this.#byRole.get(role) ?? new Map<string, Filter[]>();
    this.#byRole.set(role, byAgent);
    const added = { ...filter, resources: unallocate(filter.resources) };
    // Filters that the new one covers are redundant.
    const filters = (byAgent.get(agentId) ?? []).filter(({ resources, expiresAtMs }) =>
      expiresAtMs > added.expiresAtMs || !containsResources(added.resources, resources)
    );
    byAgent.set(agentId, [...filters, added]);
  }

  /** Whether a filter matches these resources. Removes expired filters. */
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

  /** Removes the filters of a role, or of all roles. */
  clear(role?: string): void {
    if (role === undefined) this.#byRole.clear();
    else this.#byRole.delete(role);
  }

  removeAgent(agentId: string): void {
    for (const byAgent of this.#byRole.values()) byAgent.delete(agentId);
  }
}
