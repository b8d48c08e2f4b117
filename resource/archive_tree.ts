/**
 * The tree that the entries of an archive make, checked entry by entry: every path stays inside,
 * nothing occurs twice, nothing lies below a file or a link, and no link leads out. Pure; used
 * where archives are made and where they are unpacked.
 *
 * @module
 */

import type { ArchiveLimits } from "./archive_limits.ts";
import { encodeName } from "./raw_name.ts";
import { UserScriptError } from "./resource_errors.ts";

/** What an entry of an archive can be. */
export type EntryKind = "file" | "directory" | "link";

/** As the kernel has it: a longer chain of links is a loop. */
const MAX_LINK_DEPTH = 40;

/** An empty name, `.` or `..` in a path, or a slash at its end. */
const UNUSUAL_REGEXP = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** All targets together; bounds the work of following links through links. */
const MAX_LINK_TARGET_BYTES = 4 * 1024 * 1024;

/** Names the archive in errors, and bounds its tree. */
export interface ArchiveTreeOptions {
  /** What is being done, as in `Cannot <action>: …`. */
  action: string;
  /** The archive's path, or that of the directory which goes into one. */
  path: string;
  /** What the tree may hold. */
  limits: ArchiveLimits;
  /** What can be done about an entry that must not be there; nothing, where it is not known. */
  advice?: string;
}

/** A character of a text takes three bytes at most. */
const MAX_CHARACTER_BYTES = 3;

function isLonger(name: string, maxBytes: number): boolean {
  return name.length > maxBytes / MAX_CHARACTER_BYTES && encodeName(name).length > maxBytes;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The entries of one archive. Paths in it are relative, with `/` between names. */
export class ArchiveTree {
  readonly #options: ArchiveTreeOptions;
  /** Of directories and links. Files are too many to be held. */
  readonly #kinds = new Map<string, EntryKind>();
  /** Directories that were only seen in the paths of others, and may still come themselves. */
  readonly #implied = new Set<string>();
  readonly #targets = new Map<string, string>();
  readonly #destinations = new Map<string, { path: string; depth: number }>();
  #entries = 0;
  #targetBytes = 0;

  /**
   * An empty tree.
   *
   * @param options Texts for errors, and limits.
   */
  constructor(options: ArchiveTreeOptions) {
    this.#options = options;
  }

  /**
   * Adds an entry and gives its path in plain form, without `.`, doubled or trailing slashes. That
   * a file occurs twice, or another entry in its place, is left to those who create it.
   *
   * @throws {UserScriptError} when it must not be there.
   */
  add(name: string, kind: EntryKind): string {
    const path = this.#plainPath(name);
    this.#addParents(path, name);
    const present = this.#kinds.get(path);
    if (present === undefined) {
      this.#set(path, kind);
    } else if (present !== "directory" || kind !== "directory") {
      const both = present === kind ? "occurs twice" : `is a ${kind} and a ${present}`;
      throw this.error(name, both);
    } else if (!this.#implied.delete(path)) {
      throw this.error(name, "occurs twice");
    }
    return path;
  }

  /**
   * Says where a link, added before, points to. Call {@linkcode ArchiveTree.checkLinks} when all
   * targets are known.
   *
   * @throws {UserScriptError} when the target is not a relative path.
   */
  setTarget(path: string, target: string): void {
    if (target === "" || target.includes("\0")) throw this.error(path, "is a link to nowhere");
    if (target.startsWith("/")) {
      throw this.error(
        path,
        `is a link to the absolute path ${JSON.stringify(target)}, outside the directory`,
      );
    }
    this.#targetBytes += encodeName(target).length;
    if (this.#targetBytes > MAX_LINK_TARGET_BYTES) {
      throw this.error(path, `brings all links over the limit of ${MAX_LINK_TARGET_BYTES} bytes`);
    }
    this.#targets.set(path, target);
  }

  /**
   * Follows every link, through other links too.
   *
   * @throws {UserScriptError} when one of them leads out of the tree or in a circle.
   */
  checkLinks(): void {
    for (const path of this.#targets.keys()) this.#destination(path, []);
  }

  /** An error about one entry, in the words of this archive. */
  error(name: string, state: string, options: ErrorOptions = {}): UserScriptError {
    const { action, path, advice } = this.#options;
    const wayOut = advice === undefined ? "" : `; ${advice}`;
    const message = `Cannot ${action}: entry ${JSON.stringify(name)} ${state}${wayOut}`;
    return new UserScriptError(message, { path, ...options });
  }

  #plainPath(name: string): string {
    const { maxPathBytes } = this.#options.limits;
    if (isLonger(name, maxPathBytes)) {
      throw this.error(`${name.slice(0, 40)}…`, `has a path of more than ${maxPathBytes} bytes`);
    }
    if (name.includes("\0")) throw this.error(name, "has a NUL in its path");
    if (name.startsWith("/")) throw this.error(name, "has an absolute path");
    if (!UNUSUAL_REGEXP.test(name)) return name;
    const parts = name.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) throw this.error(name, 'has ".." in its path');
    if (parts.length === 0) throw this.error(name, "has no name");
    return parts.join("/");
  }

  #addParents(path: string, name: string): void {
    for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
      const kind = this.#kinds.get(parent);
      if (kind === "directory") return;
      if (kind) throw this.error(name, `lies below ${JSON.stringify(parent)}, which is a ${kind}`);
      this.#set(parent, "directory");
      this.#implied.add(parent);
    }
  }

  #set(path: string, kind: EntryKind): void {
    const { maxEntries } = this.#options.limits;
    if (this.#entries++ === maxEntries) {
      throw this.error(path, `is over the limit of ${maxEntries} entries`);
    }
    if (kind !== "file") this.#kinds.set(path, kind);
  }

  /** Where a path inside the tree ends if the link at it, and those on its way, are followed. */
  #destination(link: string, chain: string[]): { path: string; depth: number } {
    const known = this.#destinations.get(link);
    if (known) return known;
    if (chain.includes(link)) throw this.error(link, "is a link in a circle");
    let current = parentOf(link);
    let depth = 1;
    for (const part of (this.#targets.get(link) as string).split("/")) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        if (current === "") throw this.#leadsOut(link);
        current = parentOf(current);
        continue;
      }
      current = joined(current, part);
      if (current.length > this.#options.limits.maxPathBytes) {
        throw this.error(link, "is a link to a path that is too long");
      }
      if (!this.#targets.has(current)) continue;
      if (chain.length === MAX_LINK_DEPTH) {
        throw this.error(link, "is a link through too many links");
      }
      const next = this.#destination(current, [...chain, link]);
      current = next.path;
      depth += next.depth;
      if (depth > MAX_LINK_DEPTH) throw this.error(link, "is a link through too many links");
    }
    const destination = { path: current, depth };
    this.#destinations.set(link, destination);
    return destination;
  }

  #leadsOut(link: string): UserScriptError {
    return this.error(
      link,
      `is a link to ${JSON.stringify(this.#targets.get(link))}, outside the directory`,
    );
  }
}
