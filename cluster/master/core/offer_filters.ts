/**
 * Filters for declined resources, and their expiry. Pure.
 *
 * @see RefusedOfferFilter in src/master/allocator/mesos/hierarchical.cpp in Mesos
 * @module
 */

import type { AgentId } from "../../../mesos/ids.ts";
import type { Filters } from "../../../mesos/wire/messages.ts";
import {
  containsResources,
  type Resources,
  unallocate,
} from "../../resources/resource_arithmetic.ts";

const DEFAULT_REFUSE_SECONDS = 5;
const MAX_REFUSE_SECONDS = 365 * 24 * 3600;

interface Filter {
  role: string;
  agentId: AgentId;
  resources: Resources;
  expiresAtMs: number;
}

/** How long declined resources are filtered, in milliseconds; 0 means not at all. */
export function refusalMs({ refuse_seconds = DEFAULT_REFUSE_SECONDS }: Filters): number {
  const seconds = refuse_seconds >= 0 ? refuse_seconds : DEFAULT_REFUSE_SECONDS;
  return Math.min(seconds, MAX_REFUSE_SECONDS) * 1000;
}

export class OfferFilters {
  #filters: Filter[] = [];

  /** Filters these resources, and any part of them, for a role until `expiresAtMs`. */
  add(filter: Filter): void {
    const added = { ...filter, resources: unallocate(filter.resources) };
    const isCovered = ({ role, agentId, resources, expiresAtMs }: Filter) =>
      role === added.role && agentId === added.agentId && expiresAtMs <= added.expiresAtMs &&
      containsResources(added.resources, resources);
    this.#filters = [...this.#filters.filter((each) => !isCovered(each)), added];
  }

  matches({ role, agentId, resources }: Omit<Filter, "expiresAtMs">, nowMs: number): boolean {
    return this.#filters.some((filter) =>
      filter.agentId === agentId && filter.role === role && filter.expiresAtMs > nowMs &&
      containsResources(filter.resources, resources)
    );
  }

  dropExpired(nowMs: number): void {
    this.#filters = this.#filters.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  clear(role?: string): void {
    this.#filters = role === undefined ? [] : this.#filters.filter((each) => each.role !== role);
  }

  removeAgent(agentId: AgentId): void {
    this.#filters = this.#filters.filter((each) => each.agentId !== agentId);
  }
}
