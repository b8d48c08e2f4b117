/**
 * Decides which framework is offered which resources. Pure.
 *
 * An allocation runs every interval for all agents. It runs at once for all agents after REVIVE and
 * when a framework is added or activated, and for an agent that is added. Nothing else triggers
 * one: resources that become free wait for the next interval.
 *
 * The framework with the smallest dominant share, its largest share of any resource, comes first.
 * Unlike in Mesos, roles have no share of their own, and there is no quota.
 *
 * @see src/master/allocator/mesos/hierarchical.cpp in Mesos
 * @module
 */

import type { AgentId, FrameworkId } from "../../../mesos/ids.ts";
import type { Filters } from "../../../mesos/wire/messages.ts";
import {
  addResources,
  allocatableTo,
  allocate,
  type Resources,
  scalarQuantities,
  subtractResources,
  unallocate,
} from "../../resources/resource_arithmetic.ts";
import { OfferFilters, refusalMs } from "./offer_filters.ts";

/** The smallest offer: 0.01 cpus or 32 MiB of memory, in thousandths. */
const MIN_ALLOCATABLE = { cpus: 10, mem: 32_000 };

export interface AllocatorFramework {
  roles: ReadonlySet<string>;
  suppressedRoles: ReadonlySet<string>;
  gpus: boolean;
}

export interface Allocation {
  frameworkId: FrameworkId;
  role: string;
  agentId: AgentId;
  resources: Resources;
}

export interface AllocatorOptions {
  /** The interval between allocations, in milliseconds; no filter is shorter. */
  allocationIntervalMs: number;
  shuffle: <T>(items: T[]) => T[];
}

interface FrameworkRecord extends AllocatorFramework {
  id: FrameworkId;
  suppressedRoles: Set<string>;
  active: boolean;
  filters: OfferFilters;
  allocations: number;
}

interface AgentRecord {
  total: Resources;
  active: boolean;
  /** By framework. */
  taken: Map<FrameworkId, Resources>;
}

export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #frameworks = new Map<FrameworkId, FrameworkRecord>();
  readonly #agents = new Map<AgentId, AgentRecord>();
  readonly #candidates = new Set<AgentId>();

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /** Whether an allocation is due at once. */
  get due(): boolean {
    return this.#candidates.size > 0;
  }

  /** Adds a framework; an inactive one gets no offers. */
  addFramework(id: FrameworkId, framework: AllocatorFramework & { active: boolean }): void {
    this.#frameworks.set(id, {
      ...framework,
      id,
      suppressedRoles: new Set(framework.suppressedRoles),
      filters: new OfferFilters(),
      allocations: 0,
    });
    if (framework.active) this.requestAllocation();
  }

  /** Updates a framework's roles and capabilities. Triggers no allocation. */
  updateFramework(id: FrameworkId, update: AllocatorFramework): void {
    const framework = this.#frameworks.get(id);
    if (!framework) return;
    for (const role of framework.roles) {
      const revived = framework.suppressedRoles.has(role) && !update.suppressedRoles.has(role);
      if (revived || !update.roles.has(role)) framework.filters.clear(role);
    }
    Object.assign(framework, { ...update, suppressedRoles: new Set(update.suppressedRoles) });
  }

  removeFramework(id: FrameworkId): void {
    for (const agent of this.#agents.values()) agent.taken.delete(id);
    this.#frameworks.delete(id);
  }

  activateFramework(id: FrameworkId): void {
    const framework = this.#frameworks.get(id);
    if (!framework) return;
    framework.active = true;
    this.requestAllocation();
  }

  /** Stops offers to a framework and clears its filters. */
  deactivateFramework(id: FrameworkId): void {
    const framework = this.#frameworks.get(id);
    if (!framework) return;
    framework.active = false;
    framework.filters.clear();
  }

  /** Stops offers for these roles, or for all if the list is empty. */
  suppress(id: FrameworkId, roles: readonly string[]): void {
    const framework = this.#frameworks.get(id);
    for (const role of rolesOf(framework, roles)) framework?.suppressedRoles.add(role);
  }

  /**
   * Clears the filters of these roles, or of all if the list is empty, and triggers an allocation.
   */
  revive(id: FrameworkId, roles: readonly string[]): void {
    const framework = this.#frameworks.get(id);
    for (const role of rolesOf(framework, roles)) {
      framework?.suppressedRoles.delete(role);
      framework?.filters.clear(role);
    }
    this.requestAllocation();
  }

  addAgent(id: AgentId, total: Resources, used: ReadonlyMap<FrameworkId, Resources>): void {
    this.#agents.set(id, { total, active: true, taken: new Map(used) });
    this.#candidates.add(id);
  }

  removeAgent(id: AgentId): void {
    this.#agents.delete(id);
    this.#candidates.delete(id);
    for (const { filters } of this.#frameworks.values()) filters.removeAgent(id);
  }

  /** Sets whether the agent's resources can be offered. Triggers no allocation. */
  setAgentActive(id: AgentId, active: boolean): void {
    const agent = this.#agents.get(id);
    if (agent) agent.active = active;
  }

  /** Returns resources of a framework; filters keep them from being offered to it again soon. */
  recover(
    frameworkId: FrameworkId,
    agentId: AgentId,
    { resources, filters, nowMs }: {
      resources: Resources;
      filters?: Filters | undefined;
      nowMs: number;
    },
  ): void {
    const agent = this.#agents.get(agentId);
    const role = resources[0]?.allocation_info?.role;
    if (!agent || role === undefined) return;
    // Also of a framework that was removed, and of which an agent has come back with an executor.
    const rest = subtractResources(agent.taken.get(frameworkId) ?? [], resources);
    if (rest.length > 0) agent.taken.set(frameworkId, rest);
    else agent.taken.delete(frameworkId);
    const framework = this.#frameworks.get(frameworkId);
    const refusedMs = filters ? refusalMs(filters) : 0;
    if (!framework || refusedMs === 0) return;
    // A filter lasts at least until the next allocation; a shorter one would have no effect.
    const expiresAtMs = nowMs + Math.max(refusedMs, this.#options.allocationIntervalMs);
    framework.filters.add({ role, agentId, resources, expiresAtMs });
  }

  requestAllocation(): void {
    for (const agentId of this.#agents.keys()) this.#candidates.add(agentId);
  }

  allocate(nowMs: number): Allocation[] {
    const agents = this.#options.shuffle([...this.#candidates]);
    this.#candidates.clear();
    for (const { filters } of this.#frameworks.values()) filters.dropExpired(nowMs);
    return agents.flatMap((agentId) => this.#allocateAgent(agentId, nowMs));
  }

  #allocateAgent(agentId: AgentId, nowMs: number): Allocation[] {
    const agent = this.#agents.get(agentId);
    if (!agent?.active) return [];
    const allocations: Allocation[] = [];
    const hasGpus = agent.total.some(({ name }) => name === "gpus");
    for (const framework of this.#byShare()) {
      if (hasGpus && !framework.gpus) continue;
      for (const role of framework.roles) {
        if (framework.suppressedRoles.has(role)) continue;
        const free = offerOrder(allocatableTo(available(agent), role));
        if (!isAllocatable(free)) continue;
        if (framework.filters.matches({ role, agentId, resources: free }, nowMs)) continue;
        const resources = allocate(free, role);
        this.#take(framework, agent, resources);
        allocations.push({ frameworkId: framework.id, role, agentId, resources });
      }
    }
    return allocations;
  }

  #take(framework: FrameworkRecord, agent: AgentRecord, resources: Resources): void {
    const before = agent.taken.get(framework.id) ?? [];
    agent.taken.set(framework.id, addResources(before, resources));
    framework.allocations++;
  }

  /** The active frameworks, smallest dominant share first; equal ones take turns. */
  #byShare(): FrameworkRecord[] {
    const active = [...this.#frameworks.values()].filter(({ active }) => active);
    if (active.length < 2) return active;
    const totals = scalarQuantities([...this.#agents.values()].flatMap(({ total }) => total));
    const ranked = active.map((framework) => ({
      framework,
      share: this.#shareOf(framework, totals),
    }));
    ranked.sort((a, b) => a.share - b.share || a.framework.allocations - b.framework.allocations);
    return ranked.map(({ framework }) => framework);
  }

  #shareOf({ id }: FrameworkRecord, totals: ReadonlyMap<string, number>): number {
    const agents = [...this.#agents.values()];
    const held = scalarQuantities(agents.flatMap(({ taken }) => taken.get(id) ?? []));
    const shares = [...held].map(([name, sum]) => sum / (totals.get(name) || Infinity));
    return Math.max(0, ...shares);
  }
}

function rolesOf(framework: FrameworkRecord | undefined, roles: readonly string[]): string[] {
  return [...roles.length > 0 ? roles : framework?.roles ?? []];
}

function available({ total, taken }: AgentRecord): Resources {
  return [...taken.values()].reduce<Resources>(
    (rest, resources) => subtractResources(rest, unallocate(resources)),
    total,
  );
}

/**
 * The order of resources in an offer of Mesos: first those that are never split, then the scalars.
 */
function offerOrder(resources: Resources): Resources {
  const isSplit = ({ type, role }: Resources[number]) => type === "SCALAR" && role === undefined;
  return [...resources.filter((each) => !isSplit(each)), ...resources.filter(isSplit)];
}

function isAllocatable(resources: Resources): boolean {
  const quantities = scalarQuantities(resources);
  return Object.entries(MIN_ALLOCATABLE).some(([name, min]) => (quantities.get(name) ?? 0) >= min);
}
