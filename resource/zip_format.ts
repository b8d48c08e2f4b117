/**
 * The records of a ZIP archive as bytes, with the 64-bit extensions. Pure.
 *
 * @see APPNOTE.TXT, version 6.3.10, of PKWARE
 * @module
 */

/** The fields that both headers of an entry share. */
export interface ZipEntry {
  /** The bytes of the path; that of a directory ends in a slash. */
  name: Uint8Array;
  /** Bits of the general purpose flag. */
  flags: number;
  /** The compression method. */
  method: number;
  /** CRC-32 of the content. */
  crc: number;
  compressedBytes: number;
  /** Bytes of the content. */
  contentBytes: number;
  /** Unix mode with file type; 0 if the archive has none. */
  mode: number;
  /** The position of its local header. */
  offset: number;
}

/** Position and size of the central directory. */
export interface ZipEnd {
  /** Number of entries. */
  entries: number;
  /** Bytes of the central directory. */
  centralBytes: number;
  /** The position of the central directory. */
  centralOffset: number;
}

/** The content is not compressed. */
export const METHOD_STORED = 0;
/** The content is compressed with DEFLATE. */
export const METHOD_DEFLATED = 8;

/** The content is encrypted. */
export const FLAG_ENCRYPTED = 0x1;
/** Sizes and checksum follow the content, in a record of their own. */
export const FLAG_DESCRIPTOR = 0x8;
/** The name is UTF-8. */
export const FLAG_UTF8 = 0x800;

const SIGNATURE_LOCAL = 0x04034b50;
const SIGNATURE_CENTRAL = 0x02014b50;
const SIGNATURE_DESCRIPTOR = 0x08074b50;
const SIGNATURE_END = 0x06054b50;
const SIGNATURE_END_64 = 0x06064b50;
const SIGNATURE_LOCATOR_64 = 0x07064b50;

/** Bytes of a local header before the name. */
export const LOCAL_BYTES = 30;
/** Bytes of a central header before the name. */
export const CENTRAL_BYTES = 46;
/** Bytes of the end record before the comment. */
export const END_BYTES = 22;
/** Bytes of the 64-bit end record. */
export const END_64_BYTES = 56;
/** Bytes of the locator, which lies between both. */
export const LOCATOR_64_BYTES = 20;
/** The longest comment of the end record. */
export const MAX_COMMENT_BYTES = 65_535;

const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
const EXTRA_64 = 0x0001;

/** 2.0, and 4.5 for 64-bit sizes. */
const VERSION = 20;
const VERSION_64 = 45;
const MADE_ON_UNIX = 3 << 8;

/** Midnight of 1980-01-01, the earliest time of the format. */
const NO_DATE = 0x21;

/** The bytes of each field of a record. */
type Layout = readonly (2 | 4 | 8)[];

const LOCAL: Layout = [4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2];
const CENTRAL: Layout = [4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4];
const DESCRIPTOR: Layout = [4, 4, 4, 4];
const DESCRIPTOR_64: Layout = [4, 4, 8, 8];
const END: Layout = [4, 2, 2, 2, 2, 4, 4, 2];
const END_64: Layout = [4, 8, 2, 2, 4, 4, 8, 8, 8, 8, 4, 4, 8, 4]; // the locator included

const NOTHING = new Uint8Array();

/** Builds a record from its fields, their layout and its variable part. */
function record(layout: Layout, values: readonly number[], ...tails: Uint8Array[]): Uint8Array {
  const head = layout.reduce((sum: number, bytes) => sum + bytes, 0);
  const all = new Uint8Array(tails.reduce((sum, tail) => sum + tail.length, head));
  const view = new DataView(all.buffer);
  let position = 0;
  for (let i = 0; i < layout.length; i++) {
    const [bytes, value] = [layout[i] ?? 0, values[i] ?? 0];
    if (bytes === 2) view.setUint16(position, value, true);
    else if (bytes === 4) view.setUint32(position, value, true);
    else view.setBigUint64(position, BigInt(value), true);
    position += bytes;
  }
  for (const tail of tails) {
    all.set(tail, position);
    position += tail.length;
  }
  return all;
}

function extra64(values: readonly number[]): Uint8Array {
  if (values.length === 0) return NOTHING;
  return record([2, 2, ...values.map(() => 8 as const)], [EXTRA_64, values.length * 8, ...values]);
}

const clamp32 = (value: number) => Math.min(value, MAX_32);

/** Whether a content may need 64-bit sizes; compression may enlarge it slightly. */
export function needs64(contentBytes: number): boolean {
  return contentBytes >= MAX_32 - (MAX_32 >>> 10);
}

/**
 * The record before a content.
 *
 * @param is64 Whether a descriptor that follows has 64-bit sizes.
 */
export function localHeader(entry: ZipEntry, is64 = false): Uint8Array {
  const { name, flags, method, crc, compressedBytes, contentBytes } = entry;
  const extra = extra64(is64 ? [contentBytes, compressedBytes] : []);
  const version = is64 ? VERSION_64 : VERSION;
  const sizes = is64 ? [MAX_32, MAX_32] : [compressedBytes, contentBytes];
  const values = [SIGNATURE_LOCAL, version, flags, method, 0, NO_DATE, crc, ...sizes];
  return record(LOCAL, [...values, name.length, extra.length], name, extra);
}

/** The record after a content whose header has {@linkcode FLAG_DESCRIPTOR}. */
export function descriptor(
  { crc, compressedBytes, contentBytes }: ZipEntry,
  is64: boolean,
): Uint8Array {
  const values = [SIGNATURE_DESCRIPTOR, crc, compressedBytes, contentBytes];
  return record(is64 ? DESCRIPTOR_64 : DESCRIPTOR, values);
}

/** The record of an entry in the central directory. */
export function centralHeader(entry: ZipEntry): Uint8Array {
  const { name, flags, method, crc, compressedBytes, contentBytes, mode, offset } = entry;
  const extra = extra64([contentBytes, compressedBytes, offset].filter((each) => each >= MAX_32));
  const version = extra.length > 0 ? VERSION_64 : VERSION;
  const head = [SIGNATURE_CENTRAL, MADE_ON_UNIX | version, version, flags, method, 0, NO_DATE, crc];
  const sizes = [clamp32(compressedBytes), clamp32(contentBytes), name.length, extra.length];
  const commentDiskAttributes = [0, 0, 0];
  const tail = [...commentDiskAttributes, mode * 0x10000, clamp32(offset)];
  return record(CENTRAL, [...head, ...sizes, ...tail], name, extra);
}

/** The records that end an archive. */
export function endRecords({ entries, centralBytes, centralOffset }: ZipEnd): Uint8Array {
  const count = Math.min(entries, MAX_16);
  const place = [clamp32(centralBytes), clamp32(centralOffset)];
  const end = record(END, [SIGNATURE_END, 0, 0, count, count, ...place, 0]);
  if (entries < MAX_16 && centralBytes < MAX_32 && centralOffset < MAX_32) return end;
  const version = [MADE_ON_UNIX | VERSION_64, VERSION_64];
  const end64 = [SIGNATURE_END_64, END_64_BYTES - 12, ...version, 0, 0, entries, entries];
  const locator = [SIGNATURE_LOCATOR_64, 0, centralOffset + centralBytes, 1];
  return record(END_64, [...end64, centralBytes, centralOffset, ...locator], end);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number; infinite beyond the safe integers of JavaScript. */
function uint64(view: DataView, position: number): number {
  const value = view.getBigUint64(position, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Infinity;
}

/** Replaces values that are all ones by the 64-bit values of an extra field. */
function withExtra64(values: readonly number[], extra: Uint8Array): number[] {
  if (!values.includes(MAX_32)) return [...values];
  const view = viewOf(extra);
  for (let position = 0; position + 4 <= extra.length;) {
    const end = position + 4 + view.getUint16(position + 2, true);
    if (view.getUint16(position, true) === EXTRA_64 && end <= extra.length) {
      let next = position + 4;
      return values.map((value) => {
        if (value !== MAX_32 || next + 8 > end) return value;
        next += 8;
        return uint64(view, next - 8);
      });
    }
    position = end;
  }
  return [...values];
}

/** The lengths of the variable fields of a header: name, extra field and comment. */
export interface HeaderLengths {
  /** Of the name, which follows the fixed part. */
  name: number;
  /** Of the extra field, which follows the name. */
  extra: number;
  /** Of the comment, which follows the extra field. */
  comment: number;
}

/** Reads the lengths of a central header from its first {@linkcode CENTRAL_BYTES}. */
export function centralLengths(bytes: Uint8Array): HeaderLengths | undefined {
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== SIGNATURE_CENTRAL) return undefined;
  const [name = 0, extra = 0, comment = 0] = [28, 30, 32].map((at) => view.getUint16(at, true));
  return { name, extra, comment };
}

/** Parses a central header of known lengths. The name is a view of the bytes. */
export function parseCentralHeader(bytes: Uint8Array, lengths: HeaderLengths): ZipEntry {
  const view = viewOf(bytes);
  const nameEnd = CENTRAL_BYTES + lengths.name;
  const [contentBytes = 0, compressedBytes = 0, offset = 0] = withExtra64(
    [24, 20, 42].map((at) => view.getUint32(at, true)),
    bytes.subarray(nameEnd, nameEnd + lengths.extra),
  );
  return {
    name: bytes.subarray(CENTRAL_BYTES, nameEnd),
    flags: view.getUint16(8, true),
    method: view.getUint16(10, true),
    crc: view.getUint32(16, true),
    compressedBytes,
    contentBytes,
    mode: view.getUint16(40, true),
    offset,
  };
}

/** Reads the lengths of a local header from its first {@linkcode LOCAL_BYTES}. */
export function localLengths(bytes: Uint8Array): HeaderLengths | undefined {
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== SIGNATURE_LOCAL) return undefined;
  return { name: view.getUint16(26, true), extra: view.getUint16(28, true), comment: 0 };
}

/**
 * The field in which a local header differs from the central one; undefined when they agree.
 * If a descriptor follows, only the central header has sizes and checksum.
 */
export function localDifference(
  bytes: Uint8Array,
  { lengths, entry }: { lengths: HeaderLengths; entry: ZipEntry },
): string | undefined {
  const view = viewOf(bytes);
  const nameEnd = LOCAL_BYTES + lengths.name;
  const name = bytes.subarray(LOCAL_BYTES, nameEnd);
  const isSameName = name.length === entry.name.length &&
    name.every((byte, i) => byte === entry.name[i]);
  if (!isSameName) return "name";
  const flags = view.getUint16(6, true);
  if (
    (flags & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR)) !==
      (entry.flags & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR))
  ) {
    return "flags";
  }
  if (view.getUint16(8, true) !== entry.method) return "compression method";
  if ((flags & FLAG_DESCRIPTOR) !== 0) return undefined;
  const [contentBytes, compressedBytes] = withExtra64(
    [22, 18].map((at) => view.getUint32(at, true)),
    bytes.subarray(nameEnd, nameEnd + lengths.extra),
  );
  if (contentBytes !== entry.contentBytes || compressedBytes !== entry.compressedBytes) {
    return "size";
  }
  return view.getUint32(14, true) === entry.crc ? undefined : "checksum";
}

/** The end record of an archive. */
export interface FoundEnd extends ZipEnd {
  /** The position of the end record in the given bytes. */
  position: number;
  /** Whether the archive is one of several parts. */
  isSplit: boolean;
  /** Whether a value is too large for it, so that the 64-bit record applies. */
  needs64: boolean;
}

/**
 * Finds the end record in the last bytes of an archive; its comment must extend to the end.
 * Undefined when there is none, or more than one candidate.
 */
export function findEnd(tail: Uint8Array): FoundEnd | undefined {
  const view = viewOf(tail);
  let found: FoundEnd | undefined;
  for (let position = 0; position + END_BYTES <= tail.length; position++) {
    if (view.getUint32(position, true) !== SIGNATURE_END) continue;
    if (position + END_BYTES + view.getUint16(position + 20, true) !== tail.length) continue;
    if (found) return undefined;
    const [disk, centralDisk, onDisk, entries = 0] = [4, 6, 8, 10].map((at) =>
      view.getUint16(position + at, true)
    );
    const centralBytes = view.getUint32(position + 12, true);
    const centralOffset = view.getUint32(position + 16, true);
    found = {
      position,
      entries,
      centralBytes,
      centralOffset,
      isSplit: disk !== 0 || centralDisk !== 0 || onDisk !== entries,
      needs64: entries === MAX_16 || centralBytes === MAX_32 || centralOffset === MAX_32,
    };
  }
  return found;
}

/** The position of the 64-bit end record in its locator; undefined for other bytes. */
export function parseLocator64(bytes: Uint8Array): number | undefined {
  if (bytes.length < LOCATOR_64_BYTES) return undefined;
  const view = viewOf(bytes);
  return view.getUint32(0, true) === SIGNATURE_LOCATOR_64 ? uint64(view, 8) : undefined;
}

/** Reads the 64-bit end record; undefined for other bytes. */
export function parseEnd64(bytes: Uint8Array): ZipEnd | undefined {
  if (bytes.length < END_64_BYTES) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== SIGNATURE_END_64) return undefined;
  return {
    entries: uint64(view, 32),
    centralBytes: uint64(view, 40),
    centralOffset: uint64(view, 48),
  };
}
