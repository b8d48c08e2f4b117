/**
 * Whether a write-ahead log of SQLite ends where the last commit was cut off by a crash, or where
 * it was damaged later. SQLite reads up to the first frame that is not sound, in either case, and
 * would forget without a word whatever was committed after it.
 *
 * Each commit is on the disk before the next one is begun (`synchronous = FULL`), so a crash can
 * spoil the last one only: two ends of commits behind the first bad frame are damage.
 *
 * ```text
 *  header (32): magic, version, page size, sequence, salts (8), checksum (8)
 *  frame: page number, pages of the database if it ends a commit, salts (8), checksum (8); page
 * ```
 *
 * @see https://sqlite.org/fileformat2.html#walformat
 * @module
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const LITTLE_ENDIAN_MAGIC = 0x377f0682;

/**
 * Says what is wrong with a log; undefined when nothing is, or there is none.
 *
 * @param path Its file.
 * @param framesRead How many frames SQLite found sound.
 */
export function findLogDamage(path: string, framesRead: number): string | undefined {
  using file = openIfThere(path);
  if (!file) return undefined;
  const { size } = file.statSync();
  if (size <= HEADER_BYTES) return undefined;
  const header = readAt(file, 0, HEADER_BYTES);
  // It is written and flushed before any frame is.
  if (!isSound(header)) return "the head of its write-ahead log is not sound";
  const frameBytes = FRAME_HEADER_BYTES + header.getUint32(8);
  let commits = 0;
  for (let index = framesRead; HEADER_BYTES + (index + 1) * frameBytes <= size; index++) {
    const frame = readAt(file, HEADER_BYTES + index * frameBytes, FRAME_HEADER_BYTES);
    // Frames with other salts are left over from an earlier round.
    const isOfThisRound = frame.getBigUint64(8) === header.getBigUint64(16);
    if (isOfThisRound && frame.getUint32(4) !== 0) commits++;
  }
  return commits < 2 ? undefined : `frame ${framesRead + 1} of its write-ahead log is not sound`;
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The bytes there; zeros where the file ends. */
function readAt(file: Deno.FsFile, offset: number, length: number): DataView {
  const bytes = new Uint8Array(length);
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let filled = 0; filled < length;) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return new DataView(bytes.buffer);
}

/** Whether the checksum of the header is that of its first 24 bytes. */
function isSound(header: DataView): boolean {
  const littleEndian = header.getUint32(0) === LITTLE_ENDIAN_MAGIC;
  let [first, second] = [0, 0];
  for (let offset = 0; offset < FRAME_HEADER_BYTES; offset += 8) {
    first = (first + header.getUint32(offset, littleEndian) + second) >>> 0;
    second = (second + header.getUint32(offset + 4, littleEndian) + first) >>> 0;
  }
  return header.getUint32(24) === first && header.getUint32(28) === second;
}
