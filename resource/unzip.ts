/**
 * Unpacks an untrusted ZIP archive. Paths and links are validated before anything is
 * written; links are created last, so that nothing is written through one; bytes are
 * counted as they are unpacked, regardless of the headers.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  allowedUnpackedBytes,
  type ArchiveLimits,
  DEFAULT_ARCHIVE_LIMITS,
} from "./archive_limits.ts";
import { removeTree } from "../support/remove_tree.ts";
import { ArchiveTree, type EntryKind } from "./archive_tree.ts";
import * as rawFiles from "./raw_files.ts";
import { decodeName, isRawName } from "./raw_name.ts";
import { asUserScriptError, reasonOf, UserScriptError } from "./resource_errors.ts";
import type { ZipEntry } from "./zip_format.ts";
import { MAX_SMALL_BYTES, ZipReader } from "./zip_reader.ts";

const TYPE_MASK = 0o170000;
const TYPE_DIRECTORY = 0o040000;
const TYPE_FILE = 0o100000;
const TYPE_LINK = 0o120000;
const TYPE_UNKNOWN = 0;

/** Read, write and execute, for owner, group and others. */
const PERMISSIONS = 0o777;
/** The mode of files without one in the archive. */
const FILE_PERMISSIONS = 0o644;
const DIRECTORY_PERMISSIONS = 0o755;
/** The mode until a file is complete. */
const PRIVATE_PERMISSIONS = 0o600;

/** Entries to unpack before yielding to the event loop. */
const ENTRIES_PER_TURN = 32;

/** Options of {@linkcode unzip}. */
export interface UnzipOptions {
  /** Limits of the content. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits | undefined;
  /** Aborts the unpacking. */
  signal?: AbortSignal | undefined;
}

/** Undefined for devices, sockets, and entries of contradictory kinds. */
function kindOf(name: string, mode: number): EntryKind | undefined {
  const type = mode & TYPE_MASK;
  if (name.endsWith("/")) {
    return type === TYPE_DIRECTORY || type === TYPE_UNKNOWN ? "directory" : undefined;
  }
  if (type === TYPE_LINK) return "link";
  return type === TYPE_FILE || type === TYPE_UNKNOWN ? "file" : undefined;
}

class Unpacker {
  readonly #directory: string;
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #signal: AbortSignal | undefined;
  readonly #tree: ArchiveTree;
  readonly #links: [target: string, path: string][] = [];
  /** Directories whose permissions are set after their entries are unpacked, parents first. */
  readonly #directories: [path: string, mode: number][] = [];
  /** Files whose names Deno can't write, and their temporary names. */
  readonly #standIns = new Map<string, string>();
  readonly #umask = Deno.umask();
  #parent = "";
  #bytesLeft = 0;

  constructor(archive: string, directory: string, options: UnzipOptions) {
    this.#archive = archive;
    this.#directory = directory;
    this.#limits = options.limits ?? DEFAULT_ARCHIVE_LIMITS;
    this.#signal = options.signal;
    const action = `unpack user script archive ${basename(archive)}`;
    this.#tree = new ArchiveTree({ action, path: archive, limits: this.#limits });
  }

  async unpack(): Promise<void> {
    using file = await Deno.open(this.#archive);
    const { size } = await file.stat();
    this.#bytesLeft = allowedUnpackedBytes(size, this.#limits);
    const reader = new ZipReader(file, size);
    let count = 0;
    for (const entry of reader.entries()) {
      const writing = this.#take(entry, reader);
      if (writing) await writing;
      if (++count % ENTRIES_PER_TURN === 0) await nextTurn();
      this.#signal?.throwIfAborted();
    }
    this.#tree.checkLinks();
    await this.#makeLinks();
    await this.#nameStandIns();
    await this.#setPermissions();
  }

  /** Unpacks small entries synchronously: waiting for each would take longer. */
  #take(entry: ZipEntry, reader: ZipReader): Promise<void> | void {
    const name = decodeName(entry.name);
    const kind = kindOf(name, entry.mode);
    if (!kind) throw this.#tree.error(name, "is neither a file, a directory nor a link");
    const path = this.#tree.add(name, kind);
    if (kind === "directory") return this.#takeDirectory(entry, path);
    this.#makeDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    const isSmall = Math.max(entry.contentBytes, entry.compressedBytes) <= MAX_SMALL_BYTES;
    if (kind === "file" && !isSmall) return this.#takeLarge(entry, { path, reader });
    if (kind === "link") this.#checkTargetLength(entry, path);
    const content = this.#content(entry, { path, reader });
    if (kind === "link") this.#takeLink(path, decodeName(content));
    else this.#creating(path, () => this.#writeFile(path, { content, mode: fileMode(entry) }));
  }

  #writeFile(path: string, { content, mode }: { content: Uint8Array; mode: number }): void {
    const at = this.#at(path);
    using file = Deno.openSync(at, { write: true, createNew: true, mode });
    for (let written = 0; written < content.length;) {
      written += file.writeSync(content.subarray(written));
    }
    if ((mode & this.#umask) !== 0) Deno.chmodSync(at, mode);
  }

  #takeDirectory({ mode }: ZipEntry, path: string): void {
    this.#makeDirectory(path);
    const permissions = mode === 0 ? DIRECTORY_PERMISSIONS : mode & PERMISSIONS;
    const created = DIRECTORY_PERMISSIONS & ~this.#umask;
    if (permissions !== created) this.#directories.push([path, permissions]);
  }

  /** Creates a directory, unless it was the last one. */
  #makeDirectory(path: string): void {
    if (path === this.#parent) return;
    const options = { recursive: true, mode: DIRECTORY_PERMISSIONS };
    this.#creating(path, () => Deno.mkdirSync(this.#at(path), options));
    this.#parent = path;
  }

  /** Creates a file; the file system detects duplicates. */
  #creating<T>(path: string, create: () => T): T {
    try {
      return create();
    } catch (cause) {
      if (cause instanceof Deno.errors.AlreadyExists) {
        throw this.#tree.error(path, "occurs twice", { cause });
      }
      if (cause instanceof Deno.errors.NotADirectory) {
        throw this.#tree.error(path, "lies below a file", { cause });
      }
      throw cause;
    }
  }

  #takeLink(path: string, target: string): void {
    this.#tree.setTarget(path, target);
    this.#links.push([target, path]);
  }

  #checkTargetLength({ contentBytes, compressedBytes }: ZipEntry, path: string): void {
    const { maxPathBytes } = this.#limits;
    // A target is short, so its compression ratio is irrelevant.
    if (contentBytes > maxPathBytes || compressedBytes > MAX_SMALL_BYTES) {
      throw this.#tree.error(path, `is a link of more than ${maxPathBytes} bytes`);
    }
  }

  #content(entry: ZipEntry, { path, reader }: { path: string; reader: ZipReader }): Uint8Array {
    this.#count(entry.contentBytes, path);
    try {
      return reader.content(entry);
    } catch (cause) {
      throw this.#damaged(path, cause);
    }
  }

  async #takeLarge(
    entry: ZipEntry,
    { path, reader }: { path: string; reader: ZipReader },
  ): Promise<void> {
    const at = this.#at(path);
    const options = { write: true, createNew: true, mode: PRIVATE_PERMISSIONS };
    using file = this.#creating(path, () => Deno.openSync(at, options));
    const pieces = reader.stream(entry);
    try {
      for await (const piece of pieces) {
        this.#signal?.throwIfAborted();
        this.#count(piece.length, path);
        for (let written = 0; written < piece.length;) {
          written += await file.write(piece.subarray(written));
        }
      }
    } catch (cause) {
      this.#signal?.throwIfAborted();
      throw cause instanceof UserScriptError ? cause : this.#damaged(path, cause);
    }
    await Deno.chmod(at, fileMode(entry));
  }

  #count(bytes: number, path: string): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw this.#tree.error(path, "exceeds the size limit");
  }

  #damaged(path: string, cause: unknown): UserScriptError {
    return this.#tree.error(path, `can't be unpacked: ${reasonOf(cause)}`, { cause });
  }

  /** The path during the unpacking, which is temporary for names that Deno can't write. */
  #at(path: string): string {
    if (!isRawName(path)) return join(this.#directory, path);
    const known = this.#standIns.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf("/");
    const parent = slash < 0 ? this.#directory : this.#at(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (!isRawName(name)) return join(parent, name);
    const standIn = join(parent, crypto.randomUUID());
    this.#standIns.set(path, standIn);
    return standIn;
  }

  async #makeLinks(): Promise<void> {
    const raw: [target: string, path: string][] = [];
    for (const [target, path] of this.#links) {
      if (isRawName(target)) raw.push([target, this.#at(path)]);
      else this.#creating(path, () => Deno.symlinkSync(target, this.#at(path)));
    }
    await rawFiles.link(raw);
  }

  /** Renames children first: their paths contain the temporary names of parents. */
  async #nameStandIns(): Promise<void> {
    const pairs = [...this.#standIns].reverse().map(([path, standIn]): [string, string] => [
      standIn,
      `${dirname(standIn)}/${path.slice(path.lastIndexOf("/") + 1)}`,
    ]);
    await rawFiles.rename(pairs);
  }

  /** Sets permissions of children first: a directory may become inaccessible. */
  async #setPermissions(): Promise<void> {
    const raw: [mode: number, path: string][] = [];
    const plain: typeof raw = [];
    for (const [path, mode] of this.#directories.reverse()) {
      (isRawName(path) ? raw : plain).push([mode, `${this.#directory}/${path}`]);
    }
    await rawFiles.changeModes(raw);
    for (const [mode, path] of plain) Deno.chmodSync(path, mode);
  }
}

function fileMode({ mode }: ZipEntry): number {
  return mode === 0 ? FILE_PERMISSIONS : mode & PERMISSIONS;
}

/**
 * Unpacks an archive into a directory, which is made for it and must not exist yet. Permissions are
 * those of the archive, whatever the umask is.
 *
 * @throws {UserScriptError} when the archive is damaged, encrypted or over the limits, or holds a
 * path or link that leads out, a name twice, or a device; or with the reason of the signal. The
 * directory is removed then.
 */
export async function unzip(
  archive: string,
  directory: string,
  options: UnzipOptions = {},
): Promise<void> {
  let made = false;
  try {
    await Deno.mkdir(directory, { mode: DIRECTORY_PERMISSIONS });
    made = true;
    await new Unpacker(archive, directory, options).unpack();
  } catch (error) {
    if (made) await removeTree(directory);
    const action = `unpack user script archive ${basename(archive)}`;
    throw asUserScriptError(error, { action, path: archive });
  }
}
