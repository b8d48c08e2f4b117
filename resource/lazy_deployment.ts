/**
 * A deployment whose code is loaded with the first user script: most executors have none, and start
 * sooner and stay smaller without archives and hashes.
 *
 * @module
 */

import { removeTree } from "../support/remove_tree.ts";
import type { Deployment } from "./deployment.ts";

/** Deploys user scripts below a directory of the sandbox, until it is cleaned. */
export class LazyDeployment {
  readonly #root: string;
  #deployment: Promise<Deployment> | undefined;

  /**
   * Creates a deployment; loads and deploys nothing yet.
   *
   * @param rootDirectory See {@linkcode Deployment}.
   */
  constructor(rootDirectory: string) {
    this.#root = rootDirectory;
  }

  /** See {@linkcode Deployment.environmentFor}. */
  async environmentFor(pickledResource: string): Promise<Record<string, string>> {
    this.#deployment ??= this.#load();
    return await (await this.#deployment).environmentFor(pickledResource);
  }

  /** Removes all files and refuses further deployments; see {@linkcode Deployment.clean}. */
  async clean(): Promise<void> {
    this.#deployment ??= Promise.reject(new Error("user scripts were removed"));
    const deployment = await this.#deployment.catch(() => undefined);
    await (deployment?.clean() ?? removeTree(this.#root));
  }

  async #load(): Promise<Deployment> {
    const { Deployment } = await import("./deployment.ts");
    return new Deployment(this.#root);
  }
}
