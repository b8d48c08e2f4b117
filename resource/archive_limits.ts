/**
 * Limits of archives. They apply both when an archive is created and when it is
 * unpacked, so that a violation is detected before the first job. Pure.
 *
 * @module
 */

const MIB = 1024 * 1024;

/** Bounds on an archive and on its unpacked content. */
export interface ArchiveLimits {
  /** Bytes of the archive, or of the file if a user script is a single file. */
  maxArchiveBytes: number;
  /** Total unpacked bytes of all files. */
  maxUnpackedBytes: number;
  /**
   * Number of files, directories and links, including directories that occur only in other paths.
   */
  maxEntries: number;
  /** Bytes unpacked for each byte of the archive; archives of a few bytes may exceed it. */
  maxRatio: number;
  /** Bytes of a path in the archive, in UTF-8. */
  maxPathBytes: number;
}

/** Large enough for a whole virtualenv; too small to fill a node by mistake. */
export const DEFAULT_ARCHIVE_LIMITS: Readonly<ArchiveLimits> = {
  maxArchiveBytes: 4096 * MIB,
  maxUnpackedBytes: 16_384 * MIB,
  maxEntries: 250_000,
  maxRatio: 200,
  maxPathBytes: 1024,
};

/** The size below which any ratio is accepted: a table of zeros compresses a thousandfold. */
const HARMLESS_BYTES = 64 * MIB;

/** How many unpacked bytes an archive of the given size may have. */
export function allowedUnpackedBytes(archiveBytes: number, limits: ArchiveLimits): number {
  const byRatio = Math.max(HARMLESS_BYTES, archiveBytes * limits.maxRatio);
  return Math.min(limits.maxUnpackedBytes, byRatio);
}
