/**
 * What the nodes fetch from the scheduler: the user script, and this program itself.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { FileServer } from "../resource/file_server.ts";
import { HttpStore } from "../resource/http_store.ts";
import { Resource } from "../resource/resource.ts";
import { localAddressTowards } from "./local_address.ts";
import { UsageError } from "../support/usage_error.ts";

/** The value of --executor-uri that stands for this program. */
const SELF = "self";

/** What is to be deployed. */
export interface DeployerOptions {
  /** File or directory. */
  readonly userScript: string | undefined;
  /** Where this run writes, or keeps secrets: not part of the user script. */
  readonly ownPlaces: readonly string[];
  /** Patterns of what else is not part of it, in the syntax of .gitignore. */
  readonly userScriptExclude: readonly string[];
  /** Where the executor's program is fetched from; `self`: from here. */
  readonly executorUri: string | undefined;
  /** The file of this program, where it is one. */
  readonly selfFile: string | undefined;
  /** The Mesos whose nodes fetch. */
  readonly endpoint: string;
  /** A directory for archives. */
  readonly directory: string;
}

/** Serves what the nodes fetch, for as long as it is open. */
export class Deployer implements AsyncDisposable {
  /** The user script, once it is served. */
  readonly userScript: Resource | undefined;
  /** Where the executor's program is fetched from; undefined: it is there already. */
  readonly executorUri: string | undefined;
  readonly #close: () => Promise<void>;

  /**
   * Begins to serve what there is to serve.
   *
   * @throws {UserScriptError} when the user script can't be deployed.
   * @throws {UsageError} when this program is no single file.
   */
  static async open(options: DeployerOptions): Promise<Deployer> {
    const { userScript, executorUri } = options;
    if (userScript === undefined && executorUri !== SELF) {
      return new Deployer({ executorUri, close: () => Promise.resolve() });
    }
    if (executorUri === SELF && options.selfFile === undefined) {
      throw new UsageError("--executor-uri self: this program is not one file; run ./compile.sh");
    }
    const hostname = await localAddressTowards(options.endpoint);
    const server = new FileServer({ hostname });
    const store = new HttpStore(server, join(options.directory, "user-script"));
    const close = async () => {
      await store.close();
      await server.close();
    };
    try {
      return new Deployer({
        userScript: userScript === undefined
          ? undefined
          : await Resource.create(store, resolve(userScript), {
            ownPlaces: options.ownPlaces,
            exclude: options.userScriptExclude,
          }),
        executorUri: executorUri === SELF
          ? server.publish("toil-mesos", options.selfFile as string)
          : executorUri,
        close,
      });
    } catch (error) {
      await close();
      throw error;
    }
  }

  private constructor(parts: {
    userScript?: Resource | undefined;
    executorUri: string | undefined;
    close: () => Promise<void>;
  }) {
    this.userScript = parts.userScript;
    this.executorUri = parts.executorUri;
    this.#close = parts.close;
  }

  /** Serves no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
