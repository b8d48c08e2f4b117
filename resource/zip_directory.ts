/**
 * Makes a ZIP archive of a directory, as a stream. The same tree gives the same bytes: entries are
 * sorted and carry no times. Execute bits and links are kept, as Unix modes.
 *
 * @module
 */

import { ZipWriter } from "@zip.js/zip.js";
import { join } from "node:path";
import {
  allowedUnpackedBytes,
  type ArchiveLimits,
  DEFAULT_ARCHIVE_LIMITS,
} from "./archive_limits.ts";
import { ArchiveTree } from "./archive_tree.ts";
import { type DirectoryEntry, listDirectory } from "./directory_entries.ts";
import { fileContent } from "./file_content.ts";
import { OwnPlaces } from "./own_places.ts";
import { asUserScriptError, reasonOf, UserScriptError } from "./resource_errors.ts";
import "./zip_settings.ts";

/** Midnight of 1980-01-01, the beginning of time in a ZIP archive, in the format of MS-DOS. */
const NO_TIME = 0x0021_0000;

const FILE_MODE = 0o100644;
const EXECUTABLE_MODE = 0o100755;
const DIRECTORY_MODE = 0o040755;
const LINK_MODE = 0o120777;

/** Options of {@linkcode zipDirectory}. */
export interface ZipDirectoryOptions {
  /** A directory in the archive which all entries lie in; "" for none. @default {""} */
  within?: string;
  /** What the archive may hold. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits;
  /** Left out wherever they lie. @default none */
  ownPlaces?: OwnPlaces;
}

/** One archive in the making. */
class Packer {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #limits: ArchiveLimits;
  readonly #ownPlaces: OwnPlaces | undefined;
  #unpackedBytes = 0;
  #archiveBytes = 0;

  constructor(
    directory: string,
    { within = "", limits = DEFAULT_ARCHIVE_LIMITS, ownPlaces }: ZipDirectoryOptions,
  ) {
    this.#directory = directory;
    this.#prefix = within === "" ? "" : `${within}/`;
    this.#limits = limits;
    this.#ownPlaces = ownPlaces;
  }

  async *pack(): AsyncGenerator<Uint8Array> {
    const entries = await this.#list();
    let output!: TransformStreamDefaultController<Uint8Array>;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => void (output = controller),
    });
    const writing = this.#write(writable, entries).catch((error) =>
      output.error(this.#wrapped(error))
    );
    try {
      for await (const chunk of readable) {
        this.#archiveBytes += chunk.length;
        yield chunk;
      }
    } finally {
      await writing;
    }
    if (this.#unpackedBytes > allowedUnpackedBytes(this.#archiveBytes, this.#limits)) {
      throw this.#error("it compresses so well that the nodes would take it for a bomb");
    }
  }

  /** Paths in the tree have no prefix, so that a link out of the directory is one out of the tree. */
  async #list(): Promise<DirectoryEntry[]> {
    const limits = {
      ...this.#limits,
      maxPathBytes: this.#limits.maxPathBytes - new TextEncoder().encode(this.#prefix).length,
    };
    const action = `package user script ${this.#directory}`;
    const tree = new ArchiveTree({ action, path: this.#directory, limits });
    try {
      const ownPlaces = this.#ownPlaces ?? await OwnPlaces.find([]);
      return await listDirectory(this.#directory, { tree, ownPlaces });
    } catch (error) {
      throw this.#wrapped(error);
    }
  }

  async #write(writable: WritableStream<Uint8Array>, entries: DirectoryEntry[]): Promise<void> {
    const writer = new ZipWriter<unknown>(writable, {
      rawLastModDate: NO_TIME,
      extendedTimestamp: false,
    });
    if (this.#prefix) {
      await writer.add(this.#prefix, undefined, { directory: true, unixMode: DIRECTORY_MODE });
    }
    for (const entry of entries) await this.#add(writer, entry);
    await writer.close();
  }

  async #add(writer: ZipWriter<unknown>, entry: DirectoryEntry): Promise<void> {
    const name = this.#prefix + entry.path;
    if (entry.kind === "directory") {
      await writer.add(`${name}/`, undefined, { directory: true, unixMode: DIRECTORY_MODE });
    } else if (entry.kind === "link") {
      const target = new TextEncoder().encode(entry.target);
      await writer.add(name, ReadableStream.from([target]), { unixMode: LINK_MODE, level: 0 });
    } else {
      const unixMode = entry.executable ? EXECUTABLE_MODE : FILE_MODE;
      const content = this.#content(entry);
      try {
        await writer.add(name, ReadableStream.from(content), { unixMode });
      } finally {
        // When writing fails, the writer leaves a read under way and the file open.
        await content.return(undefined);
      }
    }
  }

  async *#content({ path, size }: DirectoryEntry): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytesOf(path, size)) {
      this.#unpackedBytes += chunk.length;
      if (this.#unpackedBytes > this.#limits.maxUnpackedBytes) {
        throw this.#error(`it holds more than ${this.#limits.maxUnpackedBytes} bytes`);
      }
      yield chunk;
    }
  }

  async *#bytesOf(path: string, size: number): AsyncGenerator<Uint8Array> {
    try {
      yield* fileContent(join(this.#directory, path), size);
    } catch (cause) {
      throw this.#error(`${path} can't be read: ${reasonOf(cause)}`, cause);
    }
  }

  #wrapped(error: unknown): UserScriptError {
    const path = this.#directory;
    return asUserScriptError(error, { action: `package user script ${path}`, path });
  }

  #error(state: string, cause?: unknown): UserScriptError {
    const path = this.#directory;
    return new UserScriptError(`Cannot package user script ${path}: ${state}`, { path, cause });
  }
}

/**
 * Zips a directory while the archive is read. `.git`, `__pycache__` and `*.pyc` are left out,
 * empty directories are kept.
 *
 * @throws {UserScriptError} when something in it can't be read, has no place in an archive (a
 * device, a link that leads out), or is over the limits; the stream is useless then.
 */
export function zipDirectory(
  directory: string,
  options: ZipDirectoryOptions = {},
): AsyncGenerator<Uint8Array> {
  return new Packer(directory, options).pack();
}
