/**
 * Serves the files that nodes fetch from the scheduler: the user script and this program.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { FileServer, type FileServerOptions } from "../resource/file_server.ts";
import { HttpStore } from "../resource/http_store.ts";
import { Resource } from "../resource/resource.ts";
import { SELF_URI } from "./executor_command.ts";
import { localAddressTowards } from "./local_address.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";

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
  readonly #options: DeployerOptions;
  #server: Promise<FileServer> | undefined;
  #store: HttpStore | undefined;
  #userScript: Resource | undefined;
  #executorUri: string | undefined;

  /**
   * Begins to serve what there is to serve.
   *
   * @throws {UserScriptError} when the user script can't be deployed.
   * @throws {UsageError} when this program is not a single file, or the address can't be used.
   */
  static async open(options: DeployerOptions): Promise<Deployer> {
    const deployer = new Deployer(options);
    const { userScript, executorUri } = options;
    try {
      deployer.#executorUri = executorUri === SELF_URI
        ? await deployer.#serveThisProgram()
        : executorUri;
      if (userScript !== undefined) deployer.#userScript = await deployer.deploy(userScript);
    } catch (error) {
      await deployer[Symbol.asyncDispose]();
      throw error;
    }
    return deployer;
  }

  private constructor(options: DeployerOptions) {
    this.#options = options;
  }

  /** The user script of the options, once it is served. */
  get userScript(): Resource | undefined {
    return this.#userScript;
  }

  /** Where the executor's program is fetched from; undefined: it is there already. */
  get executorUri(): string | undefined {
    return this.#executorUri;
  }

  /**
   * Serves a file or directory as the user script.
   *
   * @throws {UserScriptError} when it can't be deployed.
   * @throws {UsageError} when the address can't be used.
   */
  async deploy(path: string): Promise<Resource> {
    const { ownPlaces, userScriptExclude, directory } = this.#options;
    this.#store ??= new HttpStore(await this.#listen(), join(directory, "user-script"));
    return await Resource.create(this.#store, resolve(path), {
      ownPlaces,
      exclude: userScriptExclude,
    });
  }

  /** Serves no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close();
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
  }

  async #serveThisProgram(): Promise<string> {
    const { selfFile } = this.#options;
    if (selfFile === undefined) {
      throw new UsageError("--executor-uri self: this program is not one file; run ./compile.sh");
    }
    const digest = await digestOf(selfFile);
    return (await this.#listen()).publishContent("toil-mesos", selfFile, digest);
  }

  /** One server, since an advertised port can be listened on only once. */
  #listen(): Promise<FileServer> {
    return this.#server ??= this.#open();
  }

  async #open(): Promise<FileServer> {
    const { advertise, endpoint } = this.#options;
    return openServer(
      advertise === undefined
        ? { hostname: await localAddressTowards(endpoint) }
        : advertised(advertise),
    );
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    const file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  } catch (error) {
    throw new UsageError(`--executor-uri self: Cannot read ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return hash.digest("hex");
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
