/**
 * What the tests of this folder share: directories that vanish, trees as plain data, and a writer
 * of ZIP archives that no honest tool would make.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { concatenated } from "../support/bytes.ts";

/** A directory of its own for the duration of a block: `await using`. */
export class TemporaryDirectory implements AsyncDisposable {
  /** Its absolute path. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one. */
  static async create(): Promise<TemporaryDirectory> {
    return new TemporaryDirectory(await Deno.realPath(await Deno.makeTempDir()));
  }

  /** A path in it. */
  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Removes it with all that is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/**
 * Path → what is there: `file:<text>`, `executable:<text>`, `link:<target>`, or `directory`.
 * Parents precede children.
 */
export type Tree = Record<string, string>;

const WRITE_MODE = { file: 0o644, executable: 0o755 } as const;

/** Makes a tree of files below a directory. */
export async function writeTree(directory: string, tree: Tree): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for (const [path, description] of Object.entries(tree)) {
    const file = join(directory, path);
    const colon = description.indexOf(":");
    const content = description.slice(colon + 1);
    const kind = colon < 0 ? description : description.slice(0, colon);
    if (kind === "directory") await Deno.mkdir(file, { recursive: true });
    else if (kind === "link") await Deno.symlink(content, file);
    else {
      await Deno.writeTextFile(file, content);
      await Deno.chmod(file, WRITE_MODE[kind as keyof typeof WRITE_MODE]);
    }
  }
}

/** Reads a tree back, sorted by path. */
export async function readTree(directory: string): Promise<Tree> {
  const tree: Tree = {};
  async function visit(parent: string): Promise<void> {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(directory, parent))) {
      const path = join(parent, name);
      const file = join(directory, path);
      if (isSymlink) {
        tree[path] = `link:${await Deno.readLink(file)}`;
      } else if (isDirectory) {
        tree[path] = "directory";
        await visit(path);
      } else {
        const { mode } = await Deno.stat(file);
        const kind = (mode ?? 0) & 0o100 ? "executable" : "file";
        tree[path] = `${kind}:${await Deno.readTextFile(file)}`;
      }
    }
  }
  await visit("");
  return sorted(tree);
}

/** The same with its paths in order. */
export function sorted(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All chunks as one. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return concatenated(chunks);
}

/** An entry for {@linkcode rawZip}; what is not given is honest. */
export interface RawEntry {
  /** Its name, written as it is. */
  name: string;
  /** The name in its local header, where it differs. */
  localName?: string;
  /** Its content. @default {""} */
  content?: string | Uint8Array;
  /** Whether it is compressed. @default {false} */
  deflate?: boolean;
  /** Unix mode with file type. @default {0o100644} */
  mode?: number;
  /** Bits of the general purpose flag. @default {0x800} */
  flags?: number;
  /** The size that the headers claim. */
  claimedSize?: number;
  /** The checksum that the headers claim. */
  claimedCrc?: number;
  /** The offset of the local header that the central directory claims. */
  claimedOffset?: number;
}

interface Layout {
  entry: RawEntry;
  data: Uint8Array;
  size: number;
  crc: number;
  offset: number;
}

const utf8 = new TextEncoder();

function record(...fields: [bytes: 2 | 4, value: number][]): Uint8Array {
  const length = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const view = new DataView(new ArrayBuffer(length));
  let position = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(position, value, true);
    else view.setUint32(position, value, true);
    position += bytes;
  }
  return new Uint8Array(view.buffer);
}

function commonFields({ entry, data, size, crc }: Layout, name: Uint8Array): [2 | 4, number][] {
  return [
    ...[[2, 20], [2, entry.flags ?? 0x800], [2, entry.deflate ? 8 : 0]] as [2, number][],
    ...[[2, 0], [2, 0x21]] as [2, number][], // time and date
    ...[[4, crc], [4, data.length], [4, size]] as [4, number][],
    ...[[2, name.length], [2, 0]] as [2, number][],
  ];
}

function localRecord(layout: Layout): Uint8Array {
  const name = utf8.encode(layout.entry.localName ?? layout.entry.name);
  const header = record([4, 0x04034b50], ...commonFields(layout, name));
  return concatenated([header, name, layout.data]);
}

function centralRecord(layout: Layout): Uint8Array {
  const { entry, offset } = layout;
  const name = utf8.encode(entry.name);
  const header = record(
    [4, 0x02014b50],
    [2, 0x0314], // made on Unix
    ...commonFields(layout, name),
    ...[[2, 0], [2, 0], [2, 0]] as [2, number][], // comment, disk, internal attributes
    [4, (entry.mode ?? 0o100644) * 0x10000],
    [4, entry.claimedOffset ?? offset],
  );
  return concatenated([header, name]);
}

/** Writes an archive, entry by entry, without asking what it is good for. */
export function rawZip(entries: readonly RawEntry[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { content = "" } = entry;
    const bytes = typeof content === "string" ? utf8.encode(content) : content;
    const layout = {
      entry,
      offset,
      data: entry.deflate ? new Uint8Array(deflateRawSync(bytes)) : bytes,
      size: entry.claimedSize ?? bytes.length,
      crc: entry.claimedCrc ?? crc32(bytes),
    };
    const local = localRecord(layout);
    locals.push(local);
    centrals.push(centralRecord(layout));
    offset += local.length;
  }
  const central = concatenated(centrals);
  const end = record(
    [4, 0x06054b50],
    ...[[2, 0], [2, 0], [2, entries.length], [2, entries.length]] as [2, number][],
    ...[[4, central.length], [4, offset]] as [4, number][],
    [2, 0],
  );
  return concatenated([...locals, central, end]);
}

/** The MD5 of a text or of bytes, in hexadecimal digits. */
export function md5Of(content: string | Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}

/** The SHA-256 of a text or of bytes, in hexadecimal digits. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
