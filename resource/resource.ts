/**
 * Toil's user script: a file or directory that is deployed to each node before the first job that
 * needs it. On the leader a resource is created from a path; it travels as a string in the
 * environment of jobs; on a node it is looked up by the leader's path and downloaded.
 *
 * ```text
 *   leader:  create ──► register ──► environment of the job
 *   node:    prepareSystem ──► lookup ──► download ──► localPath … cleanSystem
 * ```
 *
 * Toil changes the environment of the process; here, the caller passes a map.
 *
 * @see src/toil/resource.py in Toil
 * @module
 */

import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { removeTree } from "../support/remove_tree.ts";
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { Digester } from "./digester.ts";
import { download, type DownloadOptions } from "./download.ts";
import { asUserScriptError, UserScriptError } from "./resource_errors.ts";
import {
  formatPickledResource,
  OWN_MODULE,
  parsePickledResource,
  type ResourceClassName,
  type ResourceFields,
  type ResourceModule,
} from "./pickled_resource.ts";
import type { ResourceStore } from "./resource_store.ts";
import { unzip } from "./unzip.ts";
import { inspectUserScript, type UserScriptKind } from "./user_script.ts";
import { readUserScript, type UserScriptContentOptions } from "./user_script_content.ts";

/** The environment variables of a process, which methods such as `register` change. */
export type Environment = Record<string, string>;

/** The prefix of the variables of resources, followed by the MD5 of the leader's path. */
export const RESOURCE_ENV_NAME_PREFIX = "JTRES_";
/** The variable that names the directory which resources are downloaded to. */
export const ROOT_DIR_PATH_ENV_NAME = `${RESOURCE_ENV_NAME_PREFIX}ROOT`;

/** Options of {@linkcode Resource.create}. */
export type CreateOptions = UserScriptContentOptions;

/** Options of {@linkcode Resource.download}. */
export interface ResourceDownloadOptions extends Omit<DownloadOptions, "maxBytes"> {
  /** The limits of downloads and archives. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits;
  /** Called with the directory of the resource before it becomes visible to others. */
  callback?: (directory: string) => Promise<void> | void;
}

/** The mode of a file without one: Toil's format has no modes, and a script must be executable. */
const DEFAULT_FILE_MODE = 0o755;

/**
 * The fragment of our own URLs: SHA-256, because MD5 is broken, and the permissions of a file
 * on the leader. Fragments are not sent to servers.
 */
const OWN_FRAGMENT = /#sha256=([0-9a-f]{64})(?:&mode=([0-7]{3}))?$/;

function hashPath(leaderPath: string): string {
  return createHash("md5").update(resolve(leaderPath)).digest("hex");
}

/** Read, write and execute, in octal digits. */
async function permissionsOf(path: string): Promise<string> {
  const { mode } = await Deno.stat(path);
  return ((mode ?? DEFAULT_FILE_MODE) & 0o777).toString(8).padStart(3, "0");
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** A file or directory that is deployed to each node. Immutable. */
export abstract class Resource {
  /** The last part of the leader's path. */
  readonly name: string;
  /** The MD5 of the leader's path, which no other resource of the workflow shares. */
  readonly pathHash: string;
  /**
   * A `file:`, `http:` or `https:` URL; our own end in `#sha256=…`, those of files in `&mode=…`.
   */
  readonly url: string;
  /** The MD5 of the content at the URL. */
  readonly contentHash: string;
  /** The module of its class in pickled form. */
  readonly module: ResourceModule;
  /** The class in pickled form; the program may be bundled under shorter names. */
  abstract readonly className: ResourceClassName;

  /**
   * Creates a description; use {@linkcode Resource.create} or {@linkcode Resource.unpickle}.
   *
   * @param fields The fields.
   * @param module The module of its class in pickled form.
   */
  constructor(fields: ResourceFields, module: ResourceModule = OWN_MODULE) {
    this.name = fields.name;
    this.pathHash = fields.pathHash;
    this.url = fields.url;
    this.contentHash = fields.contentHash;
    this.module = module;
  }

  /**
   * Stores the file or directory at a path of the leader, and describes it. A file becomes a
   * {@linkcode FileResource}, a directory a {@linkcode DirectoryResource}, the site-packages of a
   * virtualenv a {@linkcode VirtualEnvResource}.
   *
   * @throws {UserScriptError} when it is missing, unreadable, a directory of the system, or
   * refused by the store.
   */
  static async create(
    store: ResourceStore,
    leaderPath: string,
    options: CreateOptions = {},
  ): Promise<Resource> {
    const script = await inspectUserScript(leaderPath);
    const { path, kind } = script;
    const pathHash = hashPath(path);
    const digester = new Digester();
    const content = digester.pass(readUserScript(script, options));
    try {
      await store.writeSharedFileStream(pathHash, content);
    } catch (error) {
      throw asUserScriptError(error, { action: `deploy user script ${path}`, path });
    }
    const { md5, sha256 } = digester.digests();
    const mode = kind === "file" ? `&mode=${await permissionsOf(path)}` : "";
    const url = `${await store.getSharedPublicUrl(pathHash)}#sha256=${sha256}${mode}`;
    const fields = { name: basename(path), pathHash, url, contentHash: md5 };
    return new CLASSES[CLASS_OF_KIND[kind]](fields);
  }

  /**
   * Returns the resource with the current URL of the store, for example after a restart of the
   * leader.
   *
   * @example
   * ```ts
   * import { DirectoryStore, Resource } from "@toil/mesos/resource";
   *
   * const directory = await Deno.makeTempDir();
   * await Deno.writeTextFile(`${directory}/run.sh`, "echo hello");
   * const store = new DirectoryStore(`${directory}/store`);
   * const resource = await Resource.create(store, `${directory}/run.sh`);
   * console.assert((await resource.refresh(store)).url === resource.url);
   * await Deno.remove(directory, { recursive: true });
   * ```
   *
   * @throws {UserScriptError} when it is not in the store.
   */
  async refresh(store: ResourceStore): Promise<Resource> {
    const [fragment = ""] = OWN_FRAGMENT.exec(this.url) ?? [];
    return this.withUrl(await store.getSharedPublicUrl(this.pathHash) + fragment);
  }

  /** Returns the resource with another URL. */
  withUrl(url: string): Resource {
    return new CLASSES[this.className]({ ...this, url }, this.module);
  }

  /**
   * Ensures that the environment names a download directory; creates one in the directory
   * for temporary files if it does not. Idempotent.
   *
   * @example
   * ```ts
   * import { type Environment, Resource } from "@toil/mesos/resource";
   *
   * const environment: Environment = {};
   * await Resource.prepareSystem(environment);
   * console.assert((await Deno.stat(environment["JTRES_ROOT"] ?? "")).isDirectory);
   * await Resource.cleanSystem(environment);
   * console.assert(environment["JTRES_ROOT"] === undefined);
   * ```
   *
   * @throws {UserScriptError} when the path is not a directory.
   */
  static async prepareSystem(environment: Environment): Promise<void> {
    const root = environment[ROOT_DIR_PATH_ENV_NAME] ??= await Deno.makeTempDir();
    const isDirectory = await Deno.stat(root).then((info) => info.isDirectory, () => false);
    if (isDirectory) return;
    const message = `Cannot deploy user scripts to ${root}: it is not a directory`;
    throw new UserScriptError(message, { path: root });
  }

  /** Removes all downloads and all variables of resources. Idempotent. */
  static async cleanSystem(environment: Environment): Promise<void> {
    const root = environment[ROOT_DIR_PATH_ENV_NAME];
    if (root !== undefined) await removeTree(root);
    for (const name of Object.keys(environment)) {
      if (name.startsWith(RESOURCE_ENV_NAME_PREFIX)) delete environment[name];
    }
  }

  /** Registers this resource in an environment, where {@linkcode Resource.lookup} finds it. */
  register(environment: Environment): void {
    environment[RESOURCE_ENV_NAME_PREFIX + this.pathHash] = this.pickle();
  }

  /**
   * Returns the resource that was created from a path on the leader, if registered. The path
   * need not exist here.
   *
   * @example
   * ```ts
   * import { DirectoryStore, type Environment, Resource } from "@toil/mesos/resource";
   *
   * const directory = await Deno.makeTempDir();
   * await Deno.writeTextFile(`${directory}/run.sh`, "echo hello");
   * const leader = new DirectoryStore(`${directory}/store`);
   * const environment: Environment = {};
   * (await Resource.create(leader, `${directory}/run.sh`)).register(environment);
   *
   * // On a node, with the environment of the job:
   * await Resource.prepareSystem(environment);
   * const resource = Resource.lookup(`${directory}/run.sh`, environment);
   * await resource?.download(environment);
   * const path = resource?.localPath(environment) ?? "";
   * console.assert((await Deno.readTextFile(path)) === "echo hello");
   *
   * await Resource.cleanSystem(environment);
   * await Deno.remove(directory, { recursive: true });
   * ```
   *
   * @throws {UserScriptError} when another resource is registered in its place.
   */
  static lookup(leaderPath: string, environment: Environment): Resource | undefined {
    const pathHash = hashPath(leaderPath);
    const pickled = environment[RESOURCE_ENV_NAME_PREFIX + pathHash];
    if (pickled === undefined) return undefined;
    const resource = Resource.unpickle(pickled);
    if (resource.pathHash === pathHash) return resource;
    const message = `Cannot look up user script ${leaderPath}: it is registered as another path`;
    throw new UserScriptError(message, { path: leaderPath });
  }

  /**
   * Downloads, verifies and unpacks the resource, unless already done. Call `prepareSystem` first.
   * Safe to call concurrently, also from several processes.
   *
   * @throws {UserScriptError} when it fails; no partial download remains.
   */
  async download(environment: Environment, options: ResourceDownloadOptions = {}): Promise<void> {
    if (await exists(this.localPath(environment))) return;
    try {
      await this.#bring(this.localDirPath(environment), options);
    } catch (error) {
      throw asUserScriptError(error, {
        action: `deploy user script ${this.name}`,
        path: this.name,
      });
    }
  }

  async #bring(localDirPath: string, options: ResourceDownloadOptions): Promise<void> {
    const staging = await Deno.makeTempDir({
      dir: resolve(localDirPath, ".."),
      prefix: "staging-",
    });
    try {
      const content = join(staging, "content");
      await this.save(staging, content, options);
      await options.callback?.(content);
      await this.place(content, localDirPath);
    } finally {
      await removeTree(staging);
    }
  }

  /** Downloads the file or archive itself to a local file and verifies it. */
  async fetch(file: string, options: ResourceDownloadOptions = {}): Promise<void> {
    const [, sha256] = OWN_FRAGMENT.exec(this.url) ?? [];
    const { maxArchiveBytes: maxBytes } = options.limits ?? DEFAULT_ARCHIVE_LIMITS;
    const expected = { md5: this.contentHash, sha256 };
    await download(this.url, file, { ...options, maxBytes, expected });
  }

  /** The path of the downloaded resource: the file, or the unpacked directory. */
  abstract localPath(environment: Environment): string;

  /** The directory of the resource, in the download directory. */
  localDirPath(environment: Environment): string {
    const root = environment[ROOT_DIR_PATH_ENV_NAME];
    if (root !== undefined) return join(root, this.contentHash);
    const message = `Cannot deploy user script ${this.name}: ${ROOT_DIR_PATH_ENV_NAME} is not set`;
    throw new UserScriptError(message, { path: this.name });
  }

  /** Serializes this resource in Toil's format. */
  pickle(): string {
    return formatPickledResource(this);
  }

  /**
   * Parses a resource that `pickle` or Toil serialized.
   *
   * @throws {UserScriptError} when the string is invalid.
   */
  static unpickle(pickled: string): Resource {
    const { module, className, ...fields } = parsePickledResource(pickled);
    return new CLASSES[className](fields, module);
  }

  /** Downloads and unpacks into a directory, which it creates; `staging` is a scratch directory. */
  protected abstract save(
    staging: string,
    directory: string,
    options: ResourceDownloadOptions,
  ): Promise<void>;

  /** Moves a complete directory into place, unless another process was faster. */
  protected async place(directory: string, localDirPath: string): Promise<void> {
    await Deno.rename(directory, localDirPath).catch(async (error) => {
      if (!await exists(localDirPath)) throw error;
    });
  }
}

/** A resource made of a file on the leader. */
export class FileResource extends Resource {
  /** The class name. */
  override readonly className = "FileResource";

  /** The file, under its own name. */
  override localPath(environment: Environment): string {
    return join(this.localDirPath(environment), this.name);
  }

  /** Downloads the file and sets the permissions that it had on the leader. */
  protected override async save(
    _staging: string,
    directory: string,
    options: ResourceDownloadOptions,
  ): Promise<void> {
    await Deno.mkdir(directory);
    const file = join(directory, this.name);
    await this.fetch(file, options);
    const [, , mode] = OWN_FRAGMENT.exec(this.url) ?? [];
    await Deno.chmod(file, mode === undefined ? DEFAULT_FILE_MODE : parseInt(mode, 8));
  }

  /** Adds the file to a directory that already has the same content under another name. */
  protected override async place(directory: string, localDirPath: string): Promise<void> {
    await super.place(directory, localDirPath);
    const file = join(localDirPath, this.name);
    if (!await exists(file)) await Deno.rename(join(directory, this.name), file);
  }
}

/** A resource made of a directory on the leader; its URL gives a ZIP archive. */
export class DirectoryResource extends Resource {
  /** The class name. */
  override readonly className: ResourceClassName = "DirectoryResource";

  /** The directory that the archive was unpacked to. */
  override localPath(environment: Environment): string {
    return this.localDirPath(environment);
  }

  /** Downloads and unpacks the archive. */
  protected override async save(
    staging: string,
    directory: string,
    options: ResourceDownloadOptions,
  ): Promise<void> {
    const archive = join(staging, `${this.name}.zip`);
    await this.fetch(archive, options);
    await unzip(archive, directory, { limits: options.limits, signal: options.signal });
  }
}

/** A resource made of the site-packages directory of a virtualenv on the leader. */
export class VirtualEnvResource extends DirectoryResource {
  /** The class name. */
  override readonly className = "VirtualEnvResource";
}

const CLASSES = { FileResource, DirectoryResource, VirtualEnvResource };

const CLASS_OF_KIND: Readonly<Record<UserScriptKind, ResourceClassName>> = {
  "file": "FileResource",
  "directory": "DirectoryResource",
  "site-packages": "VirtualEnvResource",
};
