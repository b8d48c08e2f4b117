/**
 * What the nodes fetch from the scheduler: the user script, and this program itself.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { FileServer, type FileServerOptions } from "../resource/file_server.ts";
import { HttpStore } from "../resource/http_store.ts";
import { Resource } from "../resource/resource.ts";
import { localAddressTowards } from "./local_address.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

/** The value of --executor-uri that stands for this program. */
const SELF = "self";

/** A name or an IPv4 address, or an IPv6 one in brackets; and a port. */
const ADVERTISE_REGEXP = /^(\[[\da-f:.]+\]|[^\s:/@?#[\]]+)(?::([1-9]\d{0,4}))?$/i;

const MAX_PORT = 65_535;

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
  /** `HOST[:PORT]` under which the nodes reach this host; undefined: the way to the master. */
  readonly advertise: string | undefined;
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
   * @throws {UsageError} when this program is no single file, or the address can't be used.
   */
  static async open(options: DeployerOptions): Promise<Deployer> {
    const { userScript, executorUri } = options;
    if (userScript === undefined && executorUri !== SELF) {
      return new Deployer({ executorUri, close: () => Promise.resolve() });
    }
    if (executorUri === SELF && options.selfFile === undefined) {
      throw new UsageError("--executor-uri self: this program is not one file; run ./compile.sh");
    }
    const server = openServer(
      options.advertise === undefined
        ? { hostname: await localAddressTowards(options.endpoint) }
        : advertised(options.advertise),
    );
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

/** Where to listen for an address that the user gives to the nodes. */
function advertised(advertise: string): FileServerOptions {
  const [, host, port = "0"] = ADVERTISE_REGEXP.exec(advertise) ?? [];
  if (host === undefined || Number(port) > MAX_PORT) {
    throw new UsageError(`--advertise: expected HOST or HOST:PORT, got "${advertise}"`);
  }
  const advertisedHost = host.replace(/^\[|\]$/g, "");
  const hostname = advertisedHost.includes(":") ? "::" : "0.0.0.0";
  return { hostname, port: Number(port), advertisedHost };
}

function openServer(options: FileServerOptions): FileServer {
  try {
    return new FileServer(options);
  } catch (error) {
    const place = `${options.hostname}:${options.port ?? 0}`;
    throw new UsageError(`Cannot serve files on ${place}: ${reasonOf(error)}`, { cause: error });
  }
}
