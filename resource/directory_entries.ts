/**
 * Lists the entries of a directory that go into an archive, in archive order.
 *
 * @module
 */

import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { getLogger } from "../support/log.ts";
import type { ArchiveTree, EntryKind } from "./archive_tree.ts";
import type { ExcludeRules } from "./exclude_rules.ts";
import type { OwnPlaces } from "./own_places.ts";
import { isMarkedPrivate } from "./private_directory.ts";
import { type Aliases, listRaw, mayBeRaw, readRawLink } from "./raw_files.ts";
import { isRawName } from "./raw_name.ts";
import { reasonOf, UserScriptError } from "./resource_errors.ts";

const logger = getLogger("resource");

/** Entries to inspect before yielding to the event loop. */
const ENTRIES_PER_TURN = 32;

/** Read, write and execute, for owner, group and others. */
const PERMISSIONS = 0o777;

/** One entry of a directory. */
export interface DirectoryEntry {
  /** Its path relative to the directory. */
  path: string;
  /** A path at which it can be read, if not its own. */
  alias: string | undefined;
  /** Its kind. */
  kind: EntryKind;
  /** Its permissions. */
  mode: number;
  /** The size of a file when it was listed; no more bytes are read. */
  size: number;
  /** The target of a link, relative to the link; "" for others. */
  target: string;
}

/** Options of {@linkcode listDirectory}. */
export interface ListOptions {
  /** Receives all listed entries. */
  tree: ArchiveTree;
  /** Places to leave out, at any path. */
  ownPlaces: OwnPlaces;
  /** Further rules of exclusion. */
  rules: ExcludeRules;
  /** Aliases of names that are not UTF-8; the caller disposes of them after reading the entries. */
  aliases: Aliases;
}

/** A directory during the walk. */
interface Place {
  /** Its path in the script. */
  path: string;
  /** A path at which Deno can read it. */
  at: string;
  /** The names in it that remain to be visited, in reverse order. */
  names: string[];
  /** The names of links in it that Deno can't identify. */
  rawLinks: ReadonlySet<string>;
}

/** One walk through a directory. */
class Walk {
  readonly #directory: string;
  readonly #options: ListOptions;
  /** The paths by which an absolute link may refer to the directory. */
  readonly #roots: readonly string[];

  constructor(directory: string, realDirectory: string, options: ListOptions) {
    this.#directory = directory;
    this.#roots = [directory, realDirectory];
    this.#options = options;
  }

  async *entries(): AsyncGenerator<DirectoryEntry> {
    const { tree } = this.#options;
    const places = [await this.#open("", this.#directory)];
    let count = 0;
    for (let place = places.at(-1); place; place = places.at(-1)) {
      const name = place.names.pop();
      if (name === undefined) {
        places.pop();
        continue;
      }
      const entry = await this.#inspect(place, name);
      if (!entry) continue;
      tree.add(entry.path, entry.kind);
      if (entry.kind === "link") tree.setTarget(entry.path, entry.target);
      yield entry;
      if (entry.kind === "directory") {
        places.push(await this.#open(entry.path, entry.alias ?? join(this.#directory, entry.path)));
      }
      if (++count % ENTRIES_PER_TURN === 0) await nextTurn();
    }
    tree.checkLinks();
  }

  async #open(path: string, at: string): Promise<Place> {
    const { names, rawLinks } = await this.#reading(path || ".", () => listNames(at));
    return { path, at, names: names.sort().reverse(), rawLinks };
  }

  /** Returns undefined for an excluded entry. */
  async #inspect(place: Place, name: string): Promise<DirectoryEntry | undefined> {
    const path = place.path === "" ? name : `${place.path}/${name}`;
    const { at, info } = await this.#reading(path, () => this.#find(place, name));
    const { tree, rules, ownPlaces } = this.#options;
    if (rules.excludes(path, info?.isDirectory ?? false)) return undefined;
    if (info && (ownPlaces.pathOf(info) !== undefined || info.isDirectory && isMarkedPrivate(at))) {
      logger.info(
        "Leaving {path} out of the user script: toil-mesos stores its own files there",
        {
          path,
        },
      );
      return undefined;
    }
    const isAtPath = at === join(this.#directory, path);
    const mode = (info?.mode ?? 0) & PERMISSIONS;
    const entry = { path, alias: isAtPath ? undefined : at, mode, size: 0, target: "" };
    if (!info || info.isSymlink) {
      const target = await this.#reading(path, () => readLink(place.at, name));
      return { ...entry, kind: "link", target: this.#relative(path, target) };
    }
    if (info.isDirectory) return { ...entry, kind: "directory" };
    if (info.isFile) return { ...entry, kind: "file", size: info.size };
    throw tree.error(path, "is neither a file, a directory nor a link");
  }

  /**
   * A path at which Deno can read an entry, and its status; undefined for a link that Deno can't
   * name.
   */
  async #find({ at, rawLinks }: Place, name: string) {
    const direct = `${at}/${name}`;
    if (!isRawName(name)) return { at: direct, info: Deno.lstatSync(direct) };
    if (rawLinks.has(name)) return { at: direct, info: undefined };
    const alias = await this.#options.aliases.make(at, name);
    return { at: alias, info: Deno.statSync(alias) };
  }

  /** Makes a target relative: an absolute path inside the directory would differ on the node. */
  #relative(path: string, target: string): string {
    for (const root of this.#roots) {
      if (target !== root && !target.startsWith(`${root}/`)) continue;
      const up = "../".repeat(path.split("/").length - 1);
      return `${up}${target.slice(root.length + 1)}` || ".";
    }
    return target;
  }

  async #reading<T>(path: string, read: () => T | Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      if (cause instanceof UserScriptError) throw cause;
      throw this.#options.tree.error(path, `can't be read: ${reasonOf(cause)}`, { cause });
    }
  }
}

async function listNames(at: string): Promise<Pick<Place, "names" | "rawLinks">> {
  const names = [...Deno.readDirSync(at)].map(({ name }) => name);
  if (!names.some(mayBeRaw)) return { names, rawLinks: new Set() };
  const { names: rawNames, links } = await listRaw(at);
  return { names: rawNames, rawLinks: links };
}

async function readLink(at: string, name: string): Promise<string> {
  if (isRawName(name)) return await readRawLink(at, name);
  try {
    return Deno.readLinkSync(`${at}/${name}`);
  } catch (error) {
    // Deno reports a target that is not UTF-8 in this way.
    if (error instanceof Deno.errors.InvalidData) return await readRawLink(at, name);
    throw error;
  }
}

/**
 * Walks a directory, parents before children, sorted by name, without excluded entries.
 * Adds each entry to the tree, and checks all links at the end.
 *
 * @throws {UserScriptError} when an entry is not a file, directory or link, can't be read, or does
 * not belong in an archive.
 */
export async function* listDirectory(
  directory: string,
  options: ListOptions,
): AsyncGenerator<DirectoryEntry> {
  yield* new Walk(directory, await Deno.realPath(directory), options).entries();
}
