/**
 * Creates a ZIP archive of a directory, as a stream. The same tree gives the same bytes: entries
 * are sorted and have no timestamps. Permissions and links are kept, as Unix modes.
 *
 * @module
 */

import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  allowedUnpackedBytes,
  type ArchiveLimits,
  DEFAULT_ARCHIVE_LIMITS,
} from "./archive_limits.ts";
import { ArchiveTree } from "./archive_tree.ts";
import { ByteBlocks } from "./byte_blocks.ts";
import { type DirectoryEntry, listDirectory } from "./directory_entries.ts";
import { ExcludeRules, IGNORE_FILE_NAME } from "./exclude_rules.ts";
import { fileContent } from "./file_content.ts";
import { OwnPlaces } from "./own_places.ts";
import { Aliases } from "./raw_files.ts";
import { encodeName, isRawName } from "./raw_name.ts";
import { asUserScriptError, reasonOf, UserScriptError } from "./resource_errors.ts";
import {
  centralHeader,
  descriptor,
  endRecords,
  FLAG_DESCRIPTOR,
  FLAG_UTF8,
  localHeader,
  METHOD_DEFLATED,
  METHOD_STORED,
  needs64,
  type ZipEntry,
} from "./zip_format.ts";
import { deflate, deflateSmall } from "./zlib_stream.ts";

/** Files up to this size are read and compressed in one piece. */
const SMALL_FILE_BYTES = 64 * 1024;

/** The smallest content to compress. */
const MIN_DEFLATED_BYTES = 200;

const TYPE_FILE = 0o100000;
const TYPE_DIRECTORY = 0o040000;
const TYPE_LINK = 0o120000;
const LINK_PERMISSIONS = 0o777;
const DIRECTORY_PERMISSIONS = 0o755;

/** Options of {@linkcode zipDirectory}. */
export interface ZipDirectoryOptions {
  /** A directory in the archive that contains all entries; "" for none. @default {""} */
  within?: string;
  /** Limits of the archive. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits;
  /** Places to leave out, at any path. @default none */
  ownPlaces?: OwnPlaces;
  /**
   * Further patterns to exclude, in the syntax of .gitignore. They follow those of the
   * directory's own `.toil-mesosignore`. @default {[]}
   */
  exclude?: readonly string[];
}

class Packer {
  readonly #directory: string;
  readonly #options: Required<ZipDirectoryOptions>;
  readonly #prefix: string;
  readonly #output = new ByteBlocks();
  readonly #central = new ByteBlocks();
  readonly #small = new Uint8Array(SMALL_FILE_BYTES);
  #entries = 0;
  #centralBytes = 0;
  #archiveBytes = 0;
  #unpackedBytes = 0;

  constructor(directory: string, options: Required<ZipDirectoryOptions>) {
    this.#directory = directory;
    this.#options = options;
    this.#prefix = options.within === "" ? "" : `${options.within}/`;
  }

  async *pack(): AsyncGenerator<Uint8Array> {
    await using aliases = new Aliases();
    try {
      // Check all entries first: packaging takes much longer.
      for await (const _ of this.#list(aliases));
      if (this.#prefix) this.#addEmpty(this.#prefix, TYPE_DIRECTORY | DIRECTORY_PERMISSIONS);
      for await (const entry of this.#list(aliases)) yield* this.#add(entry);
      yield* this.#finish();
    } catch (error) {
      const path = this.#directory;
      throw asUserScriptError(error, { action: `package user script ${path}`, path });
    }
    if (this.#unpackedBytes > allowedUnpackedBytes(this.#archiveBytes, this.#options.limits)) {
      throw this.#error("its compression ratio exceeds the limit of the nodes");
    }
  }

  /**
   * Lists entries without the prefix, so that a link out of the directory leads out of the tree.
   */
  async *#list(aliases: Aliases): AsyncGenerator<DirectoryEntry> {
    const { limits, ownPlaces, exclude } = this.#options;
    const path = this.#directory;
    const tree = new ArchiveTree({
      action: `package user script ${path}`,
      path,
      limits: { ...limits, maxPathBytes: limits.maxPathBytes - encodeName(this.#prefix).length },
      advice: `leave it out with --user-script-exclude or ${IGNORE_FILE_NAME}`,
    });
    const rules = await ExcludeRules.of(path, exclude);
    yield* listDirectory(path, { tree, ownPlaces, rules, aliases });
  }

  async *#add(entry: DirectoryEntry): AsyncGenerator<Uint8Array> {
    const path = this.#prefix + entry.path;
    if (entry.kind === "directory") this.#addEmpty(`${path}/`, TYPE_DIRECTORY | entry.mode);
    else if (entry.kind === "link") {
      this.#addContent(path, TYPE_LINK | LINK_PERMISSIONS, encodeName(entry.target));
    } else if (entry.size <= SMALL_FILE_BYTES) {
      this.#addContent(path, TYPE_FILE | entry.mode, this.#readSmall(entry));
    } else yield* this.#addLarge(path, entry);
    yield* this.#output.takeFull();
  }

  #addEmpty(path: string, mode: number): void {
    this.#addContent(path, mode, new Uint8Array());
  }

  #addContent(path: string, mode: number, content: Uint8Array): void {
    const deflated = content.length < MIN_DEFLATED_BYTES ? content : deflateSmall(content);
    const isSmaller = deflated.length < content.length;
    const data = isSmaller ? deflated : content;
    const entry = {
      ...this.#describe(path, mode),
      method: isSmaller ? METHOD_DEFLATED : METHOD_STORED,
      crc: crc32(content),
      compressedBytes: data.length,
      contentBytes: content.length,
    };
    this.#count(content.length);
    this.#write(localHeader(entry));
    this.#write(data);
    this.#remember(entry);
  }

  async *#addLarge(
    path: string,
    { alias, path: shown, mode, size }: DirectoryEntry,
  ): AsyncGenerator<Uint8Array> {
    const described = this.#describe(path, TYPE_FILE | mode);
    const entry = { ...described, flags: described.flags | FLAG_DESCRIPTOR };
    const is64 = needs64(size);
    this.#write(localHeader(entry, is64));
    const content = this.#content(alias ?? join(this.#directory, shown), { size, entry, shown });
    for await (const piece of deflate(content)) {
      entry.compressedBytes += piece.length;
      this.#write(piece);
      yield* this.#output.takeFull();
    }
    this.#write(descriptor(entry, is64));
    this.#remember(entry);
  }

  #readSmall({ path, alias, size }: DirectoryEntry): Uint8Array {
    try {
      using file = Deno.openSync(alias ?? join(this.#directory, path));
      let filled = 0;
      while (filled < size) {
        const count = file.readSync(this.#small.subarray(filled, size));
        if (count === null) break;
        filled += count;
      }
      return this.#small.subarray(0, filled);
    } catch (cause) {
      throw this.#error(`${path} can't be read: ${reasonOf(cause)}`, cause);
    }
  }

  async *#content(
    file: string,
    { size, entry, shown }: { size: number; entry: ZipEntry; shown: string },
  ): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of fileContent(file, size)) {
        this.#count(piece.length);
        entry.contentBytes += piece.length;
        entry.crc = crc32(piece, entry.crc);
        yield piece;
      }
    } catch (cause) {
      if (cause instanceof UserScriptError) throw cause;
      throw this.#error(`${shown} can't be read: ${reasonOf(cause)}`, cause);
    }
  }

  #describe(path: string, mode: number): ZipEntry {
    return {
      name: encodeName(path),
      flags: isRawName(path) ? 0 : FLAG_UTF8,
      method: METHOD_DEFLATED,
      crc: 0,
      compressedBytes: 0,
      contentBytes: 0,
      mode,
      offset: this.#archiveBytes,
    };
  }

  #count(bytes: number): void {
    const { maxUnpackedBytes } = this.#options.limits;
    this.#unpackedBytes += bytes;
    if (this.#unpackedBytes > maxUnpackedBytes) {
      throw this.#error(`it holds more than ${maxUnpackedBytes} bytes`);
    }
  }

  #write(bytes: Uint8Array): void {
    this.#output.add(bytes);
    this.#archiveBytes += bytes.length;
  }

  #remember(entry: ZipEntry): void {
    const header = centralHeader(entry);
    this.#central.add(header);
    this.#centralBytes += header.length;
    this.#entries++;
  }

  *#finish(): Generator<Uint8Array> {
    const [centralOffset, centralBytes] = [this.#archiveBytes, this.#centralBytes];
    for (const block of this.#central.takeAll()) {
      this.#write(block);
      yield* this.#output.takeFull();
    }
    this.#write(endRecords({ entries: this.#entries, centralBytes, centralOffset }));
    yield* this.#output.takeAll();
  }

  #error(state: string, cause?: unknown): UserScriptError {
    const path = this.#directory;
    return new UserScriptError(`Cannot package user script ${path}: ${state}`, { path, cause });
  }
}

/**
 * Streams a ZIP archive of a directory. `.git`, `__pycache__` and `*.pyc` are left out
 * unless a pattern re-includes them; empty directories are kept.
 *
 * @throws {UserScriptError} when an entry can't be read, is not allowed in an archive (a
 * device, a link that leads out), or exceeds the limits; the stream is then invalid.
 */
export async function* zipDirectory(
  directory: string,
  options: ZipDirectoryOptions = {},
): AsyncGenerator<Uint8Array> {
  yield* new Packer(directory, {
    within: "",
    limits: DEFAULT_ARCHIVE_LIMITS,
    ownPlaces: await OwnPlaces.find([]),
    exclude: [],
    ...options,
  }).pack();
}
