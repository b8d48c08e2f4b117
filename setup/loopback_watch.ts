/**
 * Notices when nodes are to fetch from a loopback address, which is their own.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";

const LOOPBACK_REGEXP = /^(?:localhost|(?:::ffff:)?127(?:\.\d+){3}|::1)$/i;

/** Warns once. */
export class LoopbackWatch {
  readonly #ownNames: ReadonlySet<string>;
  #given: { readonly url: URL; readonly advice: string } | undefined;
  #node: string | undefined;
  #hasWarned = false;

  /**
   * Knows of no node and of no URL yet.
   *
   * @param ownNames Addresses and names of this host.
   */
  constructor(ownNames: Iterable<string> = namesOfThisHost()) {
    this.#ownNames = new Set(ownNames);
  }

  /**
   * Records a URL that nodes are to fetch from.
   *
   * @param url The URL; undefined: there is nothing to fetch.
   * @param advice What to do where they can't.
   */
  gives(url: string | undefined, advice: string): void {
    const parsed = URL.parse(url ?? "");
    if (parsed && isLoopback(parsed.hostname)) this.#given ??= { url: parsed, advice };
    this.#warn();
  }

  /** A node is known by its address. */
  sees(node: string): void {
    if (!isLoopback(node) && !this.#ownNames.has(node)) this.#node ??= node;
    this.#warn();
  }

  #warn(): void {
    if (!this.#given || this.#node === undefined || this.#hasWarned) return;
    this.#hasWarned = true;
    const { url, advice } = this.#given;
    getLogger("setup").warn(
      "Node {node} is to fetch files from {host}, but to a node that address is the node itself: " +
        advice,
      { node: this.#node, host: url.host },
    );
  }
}

function isLoopback(host: string): boolean {
  return LOOPBACK_REGEXP.test(host.replace(/^\[|\]$/g, ""));
}

function namesOfThisHost(): string[] {
  return [Deno.hostname(), ...Deno.networkInterfaces().map(({ address }) => address)];
}
