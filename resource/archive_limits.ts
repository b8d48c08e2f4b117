/**
 * How much an archive may hold. The same limits are applied where it is made and where it is
 * unpacked, so that what can be deployed is found out before the first job. Pure.
 *
 * @module
 */

const MIB = 1024 * 1024;

/** Bounds on an archive and on what comes out of it. */
export interface ArchiveLimits {
  /** Bytes of the archive, or of the file where a user script is a single one. */
  maxArchiveBytes: number;
  /** Bytes of all files in it together, unpacked. */
  maxUnpackedBytes: number;
  /** Files, directories and links, those that are only part of another one's path included. */
  maxEntries: number;
  /** Bytes unpacked for each byte of the archive; archives of a few bytes may exceed it. */
  maxRatio: number;
  /** Bytes of a path in the archive, in UTF-8. */
  maxPathBytes: number;
}

/** Enough for a whole virtualenv; too little to fill a node by mistake. */
export const DEFAULT_ARCHIVE_LIMITS: Readonly<ArchiveLimits> = {
  maxArchiveBytes: 4096 * MIB,
  maxUnpackedBytes: 16_384 * MIB,
  maxEntries: 250_000,
  maxRatio: 200,
  maxPathBytes: 1024,
};

/** Below this many bytes no ratio is suspicious: a table of zeros compresses a thousandfold. */
const HARMLESS_BYTES = 64 * MIB;

/** How many bytes may come out of an archive of the given size. */
export function allowedUnpackedBytes(archiveBytes: number, limits: ArchiveLimits): number {
  const byRatio = Math.max(HARMLESS_BYTES, archiveBytes * limits.maxRatio);
  return Math.min(limits.maxUnpackedBytes, byRatio);
}
