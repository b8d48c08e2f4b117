/**
 * Decides which framework is offered which resources: Mesos' hierarchical allocator without quota.
 * Pure.
 *
 * An allocation runs every interval for all agents. It runs at once for all agents after REVIVE and
 * when a framework is added or activated, and for an agent that is added. Nothing else triggers
 * one: resources that become free wait for the next interval.
 *
 * @see src/master/allocator/mesos/hierarchical.cpp in Mesos
 * @module
 */

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
import { FairShare } from "./fair_share.ts";
import { OfferFilters, refusalMs } from "./offer_filters.ts";

/** The smallest offer: 0.01 cpus or 32 MiB of memory, in thousandths. */
const MIN_ALLOCATABLE = { cpus: 10, mem: 32_000 };

export interface AllocatorFramework {
  roles: ReadonlySet<string>;
  suppressedRoles: ReadonlySet<string>;
  gpus: boolean;
}

export interface Allocation {
  frameworkId: string;
  role: string;
  agentId: string;
  resources: Resources;
}

export interface AllocatorOptions {
  /** The interval between allocations, in milliseconds; no filter is shorter. */
  allocationIntervalMs: number;
  shuffle: <T>(items: T[]) => T[];
}

interface FrameworkRecord extends AllocatorFramework {
  suppressedRoles: Set<string>;
  active: boolean;
  filters: OfferFilters;
}

interface AgentRecord {
  total: Resources;
  active: boolean;
  taken: Map<string, Resources>;
}

/** Tracks all resources and allocates the free ones. */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #frameworks = new Map<string, FrameworkRecord>();
  readonly #agents = new Map<string, AgentRecord>();
  readonly #roleShares = new FairShare();
  /** By role. */
  readonly #frameworkShares = new Map<string, FairShare>();
  readonly #candidates = new Set<string>();

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /** Whether an allocation is due at once. */
  get due(): boolean {
    return this.#candidates.size > 0;
  }

  /** Adds a framework; an inactive one gets no offers. */
  addFramework(frameworkId: string, framework: AllocatorFramework & { active: boolean }): void {
    this.#frameworks.set(frameworkId, {
      ...framework,
      suppressedRoles: new Set(framework.suppressedRoles),
      filters: new OfferFilters(),
    });
    if (framework.active) this.requestAllocation();
  }

  /** Updates a framework's roles and capabilities. Triggers no allocation. */
  updateFramework(frameworkId: string, update: AllocatorFramework): void {
    const framework = this.#frameworks.get(frameworkId);
    if (!framework) return;
    for (const role of framework.roles) {
      const revived = framework.suppressedRoles.has(role) && !update.suppressedRoles.has(role);
      if (revived || !update.roles.has(role)) framework.filters.clear(role);
    }
    Object.assign(framework, { ...update, suppressedRoles: new Set(update.suppressedRoles) });
  }

  /** Removes a framework with all its resources. */
  removeFramework(frameworkId: string): void {
    for (const agent of this.#agents.values()) {
      this.#untrack(frameworkId, agent.taken.get(frameworkId) ?? []);
      agent.taken.delete(frameworkId);
    }
    this.#frameworks.delete(frameworkId);
    const roles = this.#roles();
    for (const [role, shares] of this.#frameworkShares) {
      shares.remove(frameworkId);
      if (!roles.has(role)) this.#frameworkShares.delete(role);
    }
  }

  activateFramework(frameworkId: string): void {
    const framework = this.#frameworks.get(frameworkId);
    if (!framework) return;
    framework.active = true;
    this.requestAllocation();
  }

  /** Stops offers to a framework and clears its filters. */
  deactivateFramework(frameworkId: string): void {
    const framework = this.#frameworks.get(frameworkId);
    if (!framework) return;
    framework.active = false;
    framework.filters.clear();
  }

  /** Stops offers for these roles, or for all if the list is empty. */
  suppress(frameworkId: string, roles: readonly string[]): void {
    const framework = this.#frameworks.get(frameworkId);
    for (const role of this.#rolesOf(framework, roles)) framework?.suppressedRoles.add(role);
  }

  /**
   * Clears the filters of these roles, or of all if the list is empty, and triggers an allocation.
   */
  revive(frameworkId: string, roles: readonly string[]): void {
    const framework = this.#frameworks.get(frameworkId);
    for (const role of this.#rolesOf(framework, roles)) {
      framework?.suppressedRoles.delete(role);
      framework?.filters.clear(role);
    }
    this.requestAllocation();
  }

  /** Adds an agent, with the resources that frameworks use of it. */
  addAgent(agentId: string, total: Resources, used: ReadonlyMap<string, Resources>): void {
    this.#agents.set(agentId, { total, active: true, taken: new Map(used) });
    for (const [frameworkId, resources] of used) this.#track(frameworkId, resources);
    this.#candidates.add(agentId);
  }

  /** Removes an agent with all its resources. */
  removeAgent(agentId: string): void {
    for (const [frameworkId, resources] of this.#agents.get(agentId)?.taken ?? []) {
      this.#untrack(frameworkId, resources);
    }
    this.#agents.delete(agentId);
    this.#candidates.delete(agentId);
    for (const { filters } of this.#frameworks.values()) filters.removeAgent(agentId);
  }

  /** Sets whether the agent's resources can be offered. Triggers no allocation. */
  setAgentActive(agentId: string, active: boolean): void {
    const agent = this.#agents.get(agentId);
    if (agent) agent.active = active;
  }

  /**
   * Charges a framework for resources that were not offered to it: those of a task that reappears.
   */
  take(frameworkId: string, agentId: string, resources: Resources): void {
    const agent = this.#agents.get(agentId);
    if (!agent || resources.length === 0) return;
    agent.taken.set(frameworkId, addResources(agent.taken.get(frameworkId) ?? [], resources));
    this.#track(frameworkId, resources);
  }

  /** Returns resources of a framework; filters keep them from being offered to it again soon. */
  recover(
    frameworkId: string,
    agentId: string,
    { resources, filters, nowMs }: {
      resources: Resources;
      filters?: Filters | undefined;
      nowMs: number;
    },
  ): void {
    const agent = this.#agents.get(agentId);
    const framework = this.#frameworks.get(frameworkId);
    const role = resources[0]?.allocation_info?.role;
    if (!agent || !framework || role === undefined) return;
    const rest = subtractResources(agent.taken.get(frameworkId) ?? [], resources);
    if (rest.length > 0) agent.taken.set(frameworkId, rest);
    else agent.taken.delete(frameworkId);
    this.#untrack(frameworkId, resources);
    const refusedMs = filters ? refusalMs(filters) : 0;
    if (refusedMs === 0) return;
    // A filter lasts at least until the next allocation; a shorter one would have no effect.
    const expiresAtMs = nowMs + Math.max(refusedMs, this.#options.allocationIntervalMs);
    framework.filters.add(role, agentId, { resources, expiresAtMs });
  }

  requestAllocation(): void {
    for (const agentId of this.#agents.keys()) this.#candidates.add(agentId);
  }

  /** Allocates the free resources of the agents for which an allocation is due. */
  allocate(nowMs: number): Allocation[] {
    const total = this.#total();
    const agents = this.#options.shuffle([...this.#candidates]);
    this.#candidates.clear();
    return agents.flatMap((agentId) => this.#allocateAgent(agentId, { total, nowMs }));
  }

  #allocateAgent(
    agentId: string,
    { total, nowMs }: { total: ReadonlyMap<string, number>; nowMs: number },
  ): Allocation[] {
    const agent = this.#agents.get(agentId);
    if (!agent?.active) return [];
    const allocations: Allocation[] = [];
    const hasGpus = agent.total.some(({ name }) => name === "gpus");
    for (const role of this.#roleShares.sort(this.#roles(), total)) {
      for (const frameworkId of this.#sharesOf(role).sort(this.#wanting(role), total)) {
        const framework = this.#frameworks.get(frameworkId) as FrameworkRecord;
        if (hasGpus && !framework.gpus) continue;
        const free = offerOrder(allocatableTo(available(agent), role));
        if (!isAllocatable(free)) break;
        if (framework.filters.matches(role, agentId, { resources: free, nowMs })) continue;
        const resources = allocate(free, role);
        this.take(frameworkId, agentId, resources);
        allocations.push({ frameworkId, role, agentId, resources });
      }
    }
    return allocations;
  }

  #roles(): Set<string> {
    return new Set([...this.#frameworks.values()].flatMap(({ roles }) => [...roles]));
  }

  #wanting(role: string): string[] {
    return [...this.#frameworks].filter(([, { active, roles, suppressedRoles }]) =>
      active && roles.has(role) && !suppressedRoles.has(role)
    ).map(([frameworkId]) => frameworkId);
  }

  #rolesOf(framework: FrameworkRecord | undefined, roles: readonly string[]): string[] {
    return roles.length > 0 ? [...roles] : [...framework?.roles ?? []];
  }

  #total(): Map<string, number> {
    const all = [...this.#agents.values()].flatMap((agent) => agent.total);
    return scalarQuantities(all);
  }

  #sharesOf(role: string): FairShare {
    const shares = this.#frameworkShares.get(role) ?? new FairShare();
    this.#frameworkShares.set(role, shares);
    return shares;
  }

  #track(frameworkId: string, resources: Resources): void {
    for (const [role, group] of byRole(resources)) {
      this.#roleShares.allocated(role, group);
      this.#sharesOf(role).allocated(frameworkId, group);
    }
  }

  #untrack(frameworkId: string, resources: Resources): void {
    for (const [role, group] of byRole(resources)) {
      this.#roleShares.recovered(role, group);
      this.#sharesOf(role).recovered(frameworkId, group);
    }
  }
}

function byRole(resources: Resources): Map<string, Resources> {
  return Map.groupBy(resources, ({ allocation_info }) => allocation_info?.role ?? "*");
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
  const scalar = (resource: Resources[number]) =>
    resource.type === "SCALAR" && (resource.reservations ?? []).length === 0;
  return [...resources.filter((each) => !scalar(each)), ...resources.filter(scalar)];
}

function isAllocatable(resources: Resources): boolean {
  const quantities = scalarQuantities(resources);
  return Object.entries(MIN_ALLOCATABLE).some(([name, min]) => (quantities.get(name) ?? 0) >= min);
}
