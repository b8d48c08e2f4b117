/**
 * Dominant resource fairness: the client with the smallest dominant share comes first.
 * Pure.
 *
 * @see src/master/allocator/mesos/sorter/drf in Mesos
 * @module
 */

import { type Resources, scalarQuantities } from "../../resources/resource_arithmetic.ts";

/** The resources of one client, and how many allocations it got. */
interface Holding {
  quantities: Map<string, number>;
  allocations: number;
}

/** Orders clients, which are roles or frameworks, by their share of a total. */
export class FairShare {
  readonly #holdings = new Map<string, Holding>();

  allocated(client: string, resources: Resources): void {
    const holding = this.#holding(client);
    holding.allocations++;
    this.#change(holding, resources, 1);
  }

  recovered(client: string, resources: Resources): void {
    this.#change(this.#holding(client), resources, -1);
  }

  remove(client: string): void {
    this.#holdings.delete(client);
  }

  /** The clients, smallest share first; `total` holds the scalars of all agents, in thousandths. */
  sort(clients: Iterable<string>, total: ReadonlyMap<string, number>): string[] {
    const ranked = [...clients].map((client) => {
      const { quantities, allocations } = this.#holding(client);
      const shares = [...quantities].map(([name, held]) => held / (total.get(name) || Infinity));
      return { client, share: Math.max(0, ...shares), allocations };
    });
    ranked.sort((a, b) =>
      a.share - b.share || a.allocations - b.allocations || (a.client < b.client ? -1 : 1)
    );
    return ranked.map(({ client }) => client);
  }

  #holding(client: string): Holding {
    const holding = this.#holdings.get(client) ?? { quantities: new Map(), allocations: 0 };
    this.#holdings.set(client, holding);
    return holding;
  }

  #change({ quantities }: Holding, resources: Resources, sign: 1 | -1): void {
    for (const [name, amount] of scalarQuantities(resources)) {
      quantities.set(name, (quantities.get(name) ?? 0) + sign * amount);
    }
  }
}
