/**
 * User scripts on one node: returns the variables with which a job
 * finds its script, which is fetched once for all jobs.
 *
 * ```text
 *   <root>/                      JTRES_ROOT
 *   <root>/<content's MD5>/      our resources, unpacked
 *   <root>/cache/<MD5>.zip       Toil's resources, as fetched
 * ```
 *
 * A resource of Toil is not unpacked: the worker does that itself, and records the
 * leader's path in `.stash` in the directory that it creates. It would not write one in a directory
 * that already exists.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { getLogger } from "../support/log.ts";
import { asUserScriptError } from "./resource_errors.ts";
import { TOIL_MODULE } from "./pickled_resource.ts";
import {
  type Environment,
  Resource,
  type ResourceDownloadOptions,
  ROOT_DIR_PATH_ENV_NAME,
} from "./resource.ts";

const logger = getLogger("resource");

/** The variable with the path of a job's user script. */
export const USER_SCRIPT_ENV_NAME = "TOIL_MESOS_USER_SCRIPT";

const CACHE_DIRECTORY = "cache";

/** Limits and timeouts of a {@linkcode Deployment}. */
export type DeploymentOptions = Omit<ResourceDownloadOptions, "signal" | "callback">;

/** Deploys user scripts below a directory of the sandbox, until it is cleaned. */
export class Deployment {
  readonly #root: string;
  readonly #options: ResourceDownloadOptions;
  readonly #underWay = new Map<string, Promise<Environment>>();
  readonly #end = new AbortController();

  /**
   * Creates a deployment; deploys nothing yet.
   *
   * @param rootDirectory An absolute path inside the sandbox; created on first use.
   * @param options Limits and timeouts.
   */
  constructor(rootDirectory: string, options: DeploymentOptions = {}) {
    this.#root = rootDirectory;
    this.#options = { ...options, signal: this.#end.signal };
  }

  /**
   * Returns the variables of a job that uses this user script: `JTRES_ROOT`, `JTRES_<MD5 of the
   * leader's path>`, and, for a resource of ours, `TOIL_MESOS_USER_SCRIPT`: the file itself, or the
   * directory that it was unpacked to. Concurrent calls share one download; a
   * failure rejects them all, and the next call retries.
   *
   * @throws {UserScriptError} when the user script can't be deployed.
   */
  async environmentFor(pickledResource: string): Promise<Environment> {
    let deploying = this.#underWay.get(pickledResource);
    if (!deploying) {
      deploying = this.#deploy(Resource.unpickle(pickledResource)).finally(() => {
        this.#underWay.delete(pickledResource);
      });
      this.#underWay.set(pickledResource, deploying);
    }
    return { ...await deploying };
  }

  /** Aborts downloads, removes all files and refuses further deployments. Idempotent. */
  async clean(): Promise<void> {
    this.#end.abort(new Error("user scripts were removed"));
    await Promise.allSettled(this.#underWay.values());
    await Resource.cleanSystem({ [ROOT_DIR_PATH_ENV_NAME]: this.#root });
  }

  async #deploy(resource: Resource): Promise<Environment> {
    const { name } = resource;
    try {
      if (this.#end.signal.aborted) throw this.#end.signal.reason;
      const environment = await this.#environmentFor(resource);
      logger.debug("User script {name} is deployed", { name });
      return environment;
    } catch (error) {
      throw asUserScriptError(error, { action: `deploy user script ${name}`, path: name });
    }
  }

  async #environmentFor(resource: Resource): Promise<Environment> {
    await Deno.mkdir(this.#root, { recursive: true });
    const environment: Environment = { [ROOT_DIR_PATH_ENV_NAME]: this.#root };
    if (resource.module === TOIL_MODULE) {
      (await this.#cached(resource)).register(environment);
    } else {
      await resource.download(environment, this.#options);
      resource.register(environment);
      environment[USER_SCRIPT_ENV_NAME] = resource.localPath(environment);
    }
    return environment;
  }

  /** The same resource at a URL on this node. */
  async #cached(resource: Resource): Promise<Resource> {
    const directory = join(this.#root, CACHE_DIRECTORY);
    const file = join(directory, `${resource.contentHash}.zip`);
    if (!await Deno.stat(file).then(() => true, () => false)) {
      await Deno.mkdir(directory, { recursive: true });
      // A file of this name exists only after a successful download.
      const temporary = join(directory, `.${resource.contentHash}.${crypto.randomUUID()}`);
      await resource.fetch(temporary, this.#options);
      await Deno.rename(temporary, file);
    }
    return resource.withUrl(`file:${pathToFileURL(file).pathname}`);
  }
}
