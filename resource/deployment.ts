/**
 * User scripts on one node, as the executor wants them: for each job the variables that let it
 * find its script, which is fetched once for all jobs.
 *
 * ```text
 *   <root>/                      JTRES_ROOT
 *   <root>/<content's MD5>/      our resources, unpacked
 *   <root>/cache/<MD5>.zip       Toil's resources, as they were fetched
 * ```
 *
 * A resource of Toil's is not unpacked: the worker does that itself, and leaves a note of the
 * leader's path, `.stash`, in the directory that it makes. A directory that exists already would
 * have none.
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

/** The variable that holds the path of a job's user script. */
export const USER_SCRIPT_ENV_NAME = "TOIL_MESOS_USER_SCRIPT";

const CACHE_DIRECTORY = "cache";

/** Limits and patience of a {@linkcode Deployment}. */
export type DeploymentOptions = Omit<ResourceDownloadOptions, "signal" | "callback">;

/** Deploys user scripts below a directory of the sandbox, until it is cleaned. */
export class Deployment {
  readonly #root: string;
  readonly #options: ResourceDownloadOptions;
  readonly #underWay = new Map<string, Promise<Environment>>();
  readonly #end = new AbortController();

  /**
   * Deploys nothing yet.
   *
   * @param rootDirectory An absolute path inside the sandbox; made when it is first needed.
   * @param options Limits and patience.
   */
  constructor(rootDirectory: string, options: DeploymentOptions = {}) {
    this.#root = rootDirectory;
    this.#options = { ...options, signal: this.#end.signal };
  }

  /**
   * The variables for a job that uses this user script: `JTRES_ROOT`, `JTRES_<MD5 of the leader's
   * path>`, and, for a resource of ours, `TOIL_MESOS_USER_SCRIPT`: the file itself, or the
   * directory that it was unpacked to. Jobs that ask at the same time wait for one download; a
   * failure is told to them, and the next job tries again.
   *
   * @throws {UserScriptError} when it can't be deployed.
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

  /** Ends what is under way and removes everything; deploys nothing any more. Idempotent. */
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

  /** The same resource at a URL of this node. */
  async #cached(resource: Resource): Promise<Resource> {
    const directory = join(this.#root, CACHE_DIRECTORY);
    const file = join(directory, `${resource.contentHash}.zip`);
    if (!await Deno.stat(file).then(() => true, () => false)) {
      await Deno.mkdir(directory, { recursive: true });
      // Whatever fails leaves no file of this name: only a download that succeeds makes one.
      const temporary = join(directory, `.${resource.contentHash}.${crypto.randomUUID()}`);
      await resource.fetch(temporary, this.#options);
      await Deno.rename(temporary, file);
    }
    return resource.withUrl(`file:${pathToFileURL(file).pathname}`);
  }
}
