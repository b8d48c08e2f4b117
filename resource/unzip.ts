/**
 * Unpacks a ZIP archive that nobody vouches for. Paths and links are checked before anything is
 * written there; links are made last, so that nothing is ever written through one; bytes are
 * counted as they come out, whatever the headers claim.
 *
 * @module
 */

import { type Entry, Reader, ZipReader } from "@zip.js/zip.js";
import { basename, join } from "node:path";
import {
  allowedUnpackedBytes,
  type ArchiveLimits,
  DEFAULT_ARCHIVE_LIMITS,
} from "./archive_limits.ts";
import { ArchiveTree, type EntryKind } from "./archive_tree.ts";
import { reasonOf, UserScriptError } from "./resource_errors.ts";
import "./zip_settings.ts";

const TYPE_MASK = 0o170000;
const TYPE_DIRECTORY = 0o040000;
const TYPE_FILE = 0o100000;
const TYPE_LINK = 0o120000;
const TYPE_UNKNOWN = 0;

const EXECUTE_BITS = 0o111;
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
const DIRECTORY_MODE = 0o755;

/** A central directory is read in one piece; this is one of some 500,000 entries. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

/** Random access to an archive in a file, which its creator opens and closes. */
class FileReader extends Reader<Deno.FsFile> {
  readonly #file: Deno.FsFile;

  /**
   * Reads from the file.
   *
   * @param file Open for reading.
   * @param bytes Its size.
   */
  constructor(file: Deno.FsFile, bytes: number) {
    super(file);
    this.#file = file;
    this.size = bytes;
  }

  /**
   * The bytes from `index` on, fewer at the end of the file.
   *
   * @throws {RangeError} when so many are asked for at once that the archive can't be honest.
   */
  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    if (length > MAX_READ_BYTES) throw new RangeError("its central directory is too large");
    await this.#file.seek(index, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - index)));
    let filled = 0;
    while (filled < bytes.length) {
      const count = await this.#file.read(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }
}

/** The text of an error of zip.js, and which ambiguity of an archive it means. */
function zipReasonOf(error: unknown): string {
  const { reason } = error as { reason?: string };
  return reason ? `${reasonOf(error)}: ${reason}` : reasonOf(error);
}

function unixMode(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

/** Undefined for devices, sockets, and directories that claim to be something else as well. */
function kindOf(entry: Entry): EntryKind | undefined {
  const type = unixMode(entry) & TYPE_MASK;
  if (entry.directory) {
    return type === TYPE_DIRECTORY || type === TYPE_UNKNOWN ? "directory" : undefined;
  }
  if (type === TYPE_LINK) return "link";
  return type === TYPE_FILE || type === TYPE_UNKNOWN ? "file" : undefined;
}

/** One archive on its way into one directory. */
class Unpacker {
  readonly #directory: string;
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #tree: ArchiveTree;
  readonly #links = new Map<string, string>();
  #bytesLeft = 0;

  constructor(archive: string, directory: string, limits: ArchiveLimits) {
    this.#archive = archive;
    this.#directory = directory;
    this.#limits = limits;
    const action = `unpack user script archive ${basename(archive)}`;
    this.#tree = new ArchiveTree({ action, path: archive, limits });
  }

  async unpack(): Promise<void> {
    using file = await Deno.open(this.#archive);
    const { size } = await file.stat();
    this.#bytesLeft = allowedUnpackedBytes(size, this.#limits);
    const reader = new ZipReader(new FileReader(file, size), {
      strictness: "strict",
      filenameValidation: "tolerant", // the tree does that, and names the entry
      checkCrc32: true,
      checkOverlappingEntry: true,
    });
    for await (const entry of reader.getEntriesGenerator()) await this.#take(entry);
    this.#tree.checkLinks();
    for (const [path, target] of this.#links) await Deno.symlink(target, this.#at(path));
  }

  #at(path: string): string {
    return join(this.#directory, path);
  }

  async #take(entry: Entry): Promise<void> {
    const kind = kindOf(entry);
    if (!kind) throw this.#tree.error(entry.filename, "is neither a file, a directory nor a link");
    if (entry.encrypted) throw this.#tree.error(entry.filename, "is encrypted");
    const path = this.#tree.add(entry.filename, kind);
    const parent = kind === "directory" ? path : path.slice(0, Math.max(0, path.lastIndexOf("/")));
    await Deno.mkdir(this.#at(parent), { recursive: true, mode: DIRECTORY_MODE });
    if (kind === "file") await this.#takeFile(entry, path);
    else if (kind === "link") await this.#takeLink(entry, path);
  }

  async #takeFile(entry: Entry, path: string): Promise<void> {
    const mode = unixMode(entry) & EXECUTE_BITS ? EXECUTABLE_MODE : FILE_MODE;
    using file = await Deno.open(this.#at(path), { write: true, createNew: true, mode });
    await this.#read(entry, async (chunk) => {
      for (let written = 0; written < chunk.length;) {
        written += await file.write(chunk.subarray(written));
      }
    });
  }

  async #takeLink(entry: Entry, path: string): Promise<void> {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let target = "";
    await this.#read(entry, (chunk) => {
      target += decoder.decode(chunk, { stream: true });
      if (target.length > this.#limits.maxPathBytes) {
        throw this.#tree.error(path, `is a link of more than ${this.#limits.maxPathBytes} bytes`);
      }
    });
    target += decoder.decode();
    this.#tree.setTarget(path, target);
    this.#links.set(path, target);
  }

  async #read(entry: Entry, write: (chunk: Uint8Array) => Promise<void> | void): Promise<void> {
    if (entry.directory) return;
    let failure: unknown; // of ours, which the stream's own error would hide
    const output = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        try {
          this.#bytesLeft -= chunk.length;
          if (this.#bytesLeft < 0) throw this.#tree.error(entry.filename, "is over the size limit");
          await write(chunk);
        } catch (error) {
          failure = error;
          throw error;
        }
      },
    });
    await entry.getData(output).catch((error) => {
      const cause = failure ?? error;
      if (cause instanceof UserScriptError) throw cause;
      throw this.#tree.error(entry.filename, `can't be unpacked: ${zipReasonOf(cause)}`, { cause });
    });
  }
}

/**
 * Unpacks an archive into a directory, which is made for it and must not exist yet. Modes become
 * 0755 or 0644, as the umask allows.
 *
 * @throws {UserScriptError} when the archive is damaged, encrypted or over the limits, or holds a
 * path or link that leads out, a name twice, or a device. The directory is gone then.
 */
export async function unzip(
  archive: string,
  directory: string,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
): Promise<void> {
  let made = false;
  try {
    await Deno.mkdir(directory, { mode: DIRECTORY_MODE });
    made = true;
    await new Unpacker(archive, directory, limits).unpack();
  } catch (error) {
    if (made) await Deno.remove(directory, { recursive: true });
    if (error instanceof UserScriptError) throw error;
    const message = `Cannot unpack user script archive ${basename(archive)}: ${zipReasonOf(error)}`;
    throw new UserScriptError(message, { path: archive, cause: error });
  }
}
