/**
 * Validates the tree of an archive entry by entry: every path stays inside,
 * no entry occurs twice or lies below a file or a link, and no link leads out. Pure; used
 * when archives are created and when they are unpacked.
 *
 * @module
 */

import type { ArchiveLimits } from "./archive_limits.ts";
import { encodeName } from "./raw_name.ts";
import { UserScriptError } from "./resource_errors.ts";

/** The kind of an archive entry. */
export type EntryKind = "file" | "directory" | "link";

/** The kernel's limit: a longer chain of links is a loop. */
const MAX_LINK_DEPTH = 40;

/** An empty name, `.` or `..` in a path, or a slash at its end. */
const UNUSUAL_REGEXP = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** Total size of all targets; bounds the work of following links through links. */
const MAX_LINK_TARGET_BYTES = 4 * 1024 * 1024;

/** Options of {@linkcode ArchiveTree}. */
export interface ArchiveTreeOptions {
  /** The action, as in `Cannot <action>: …`. */
  action: string;
  /** The path of the archive, or of the directory to archive. */
  path: string;
  /** The limits of the tree. */
  limits: ArchiveLimits;
  /** How to fix a forbidden entry, if known. */
  advice?: string;
}

/** The most bytes of a UTF-16 code unit in UTF-8. */
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
  /** The kinds of directories and links; files are too many to keep. */
  readonly #kinds = new Map<string, EntryKind>();
  /** Directories that occurred only in other paths so far, and may still follow as entries. */
  readonly #implied = new Set<string>();
  readonly #targets = new Map<string, string>();
  readonly #destinations = new Map<string, { path: string; depth: number }>();
  #entries = 0;
  #targetBytes = 0;

  /**
   * Creates an empty tree.
   *
   * @param options Limits, and texts for errors.
   */
  constructor(options: ArchiveTreeOptions) {
    this.#options = options;
  }

  /**
   * Adds an entry and returns its normalized path, without `.`, doubled or trailing slashes.
   * The creator of files detects files that occur twice.
   *
   * @throws {UserScriptError} when the entry is forbidden.
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
   * Sets the target of a link that was added before. Call {@linkcode ArchiveTree.checkLinks} when
   * all targets are known.
   *
   * @throws {UserScriptError} when the target is not a relative path.
   */
  setTarget(path: string, target: string): void {
    if (target === "" || target.includes("\0")) {
      throw this.error(path, "is a link with an invalid target");
    }
    if (target.startsWith("/")) {
      throw this.error(
        path,
        `is a link to the absolute path ${JSON.stringify(target)}, outside the directory`,
      );
    }
    this.#targetBytes += encodeName(target).length;
    if (this.#targetBytes > MAX_LINK_TARGET_BYTES) {
      throw this.error(
        path,
        `makes the link targets exceed the limit of ${MAX_LINK_TARGET_BYTES} bytes`,
      );
    }
    this.#targets.set(path, target);
  }

  /**
   * Follows every link, also through other links.
   *
   * @throws {UserScriptError} when a link leads out of the tree or is part of a cycle.
   */
  checkLinks(): void {
    for (const path of this.#targets.keys()) this.#destination(path, []);
  }

  /** Creates an error about one entry. */
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
      throw this.error(path, `exceeds the limit of ${maxEntries} entries`);
    }
    if (kind !== "file") this.#kinds.set(path, kind);
  }

  /** The destination of a link after following all links on its path. */
  #destination(link: string, chain: string[]): { path: string; depth: number } {
    const known = this.#destinations.get(link);
    if (known) return known;
    if (chain.includes(link)) throw this.error(link, "is a link in a cycle");
    let current = parentOf(link);
    let depth = 1;
    for (const part of (this.#targets.get(link) ?? "").split("/")) {
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
