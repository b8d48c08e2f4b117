/**
 * What of a directory goes into an archive, in the order in which it does.
 *
 * @module
 */

import { join } from "node:path";
import { getLogger } from "../support/log.ts";
import type { ArchiveTree, EntryKind } from "./archive_tree.ts";
import type { OwnPlaces } from "./own_places.ts";
import { reasonOf } from "./resource_errors.ts";

const logger = getLogger("resource");

/** Version control and compiled code: no use on a node, and different every time. */
const SKIPPED = /^\.git$|^__pycache__$|\.pyc$/;

const EXECUTE_BITS = 0o111;

/** One thing in a directory. */
export interface DirectoryEntry {
  /** Where it is, relative to the directory. */
  path: string;
  /** What it is. */
  kind: EntryKind;
  /** Whether anybody may execute it; always false but for files. */
  executable: boolean;
  /** Bytes of a file when it was listed; no more of it is read. */
  size: number;
  /** Where a link points to; "" for others. */
  target: string;
}

/** Options of {@linkcode listDirectory}. */
export interface ListOptions {
  /** All that is listed is added to it. */
  tree: ArchiveTree;
  /** Left out, wherever they lie. */
  ownPlaces: OwnPlaces;
}

/** One walk through a directory. */
class Listing {
  readonly #directory: string;
  readonly #tree: ArchiveTree;
  readonly #ownPlaces: OwnPlaces;
  readonly #entries: DirectoryEntry[] = [];

  constructor(directory: string, { tree, ownPlaces }: ListOptions) {
    this.#directory = directory;
    this.#tree = tree;
    this.#ownPlaces = ownPlaces;
  }

  async list(): Promise<DirectoryEntry[]> {
    await this.#visit("");
    this.#tree.checkLinks();
    return this.#entries;
  }

  async #visit(parent: string): Promise<void> {
    for (const name of await sortedNames(join(this.#directory, parent))) {
      const path = parent === "" ? name : `${parent}/${name}`;
      const entry = await this.#inspect(path);
      if (!entry) continue;
      this.#tree.add(path, entry.kind);
      if (entry.kind === "link") this.#tree.setTarget(path, entry.target);
      this.#entries.push(entry);
      if (entry.kind === "directory") await this.#visit(path);
    }
  }

  /** Undefined for what the run writes itself. */
  async #inspect(path: string): Promise<DirectoryEntry | undefined> {
    const file = join(this.#directory, path);
    const info = await this.#reading(path, Deno.lstat(file));
    if (this.#ownPlaces.pathOf(info) !== undefined) {
      logger.info("{path} is not part of the user script: this run writes there", { path: file });
      return undefined;
    }
    const { isSymlink, isDirectory, isFile, mode, size } = info;
    const entry = { path, executable: false, size: 0, target: "" };
    if (isSymlink) {
      return { ...entry, kind: "link", target: await this.#reading(path, Deno.readLink(file)) };
    }
    if (isDirectory) return { ...entry, kind: "directory" };
    if (!isFile) throw this.#tree.error(path, "is neither a file, a directory nor a link");
    return { ...entry, kind: "file", executable: ((mode ?? 0) & EXECUTE_BITS) !== 0, size };
  }

  #reading<T>(path: string, result: Promise<T>): Promise<T> {
    return result.catch((cause) => {
      throw this.#tree.error(path, `can't be read: ${reasonOf(cause)}`, { cause });
    });
  }
}

async function sortedNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (!SKIPPED.test(name)) names.push(name);
  }
  return names.sort();
}

/**
 * Lists a directory, parents before children, by name. `.git`, `__pycache__` and `*.pyc` are left
 * out; all that is listed has been added to the tree, and its links have been followed.
 *
 * @throws {UserScriptError} when something is no file, directory or link, can't be read, or does
 * not belong in an archive.
 */
export async function listDirectory(
  directory: string,
  options: ListOptions,
): Promise<DirectoryEntry[]> {
  return await new Listing(directory, options).list();
}
