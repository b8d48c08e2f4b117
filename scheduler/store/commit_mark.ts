/**
 * A mark beside a database that says how far it was written: a database that holds less has lost
 * something, and would have jobs run a second time.
 *
 * SQLite can't detect it. A write-ahead log that was removed or cut off after its process died,
 * and a copy of an earlier day, look like sound databases. So each commit counts itself in the
 * database, and when it is on the disk its number is written here. The mark is not flushed: after
 * a power failure it may be behind the database, never before it.
 *
 * @module
 */

import { z } from "zod";

/** The mark is written over and over: always of this length, so that no older one shows behind it. */
const MARK_BYTES = 128;

const markSchema = z.object({
  commits: z.int().nonnegative(),
  inode: z.int().nonnegative(),
  isOpen: z.boolean(),
});

/** What a mark says. */
export interface CommitMarkContent {
  /** How many commits the database holds. */
  readonly commits: number;
  /** The inode of the database: a copy has another one. */
  readonly inode: number;
  /** Whether the database is in use, or was when its process died. */
  readonly isOpen: boolean;
}

/** Reads a mark; undefined where there is none, or none that can be read. */
export function readCommitMark(path: string): CommitMarkContent | undefined {
  try {
    return markSchema.parse(JSON.parse(Deno.readTextFileSync(path)));
  } catch {
    return undefined;
  }
}

/**
 * Says why a database can't be what its mark was written beside; undefined when it can.
 *
 * @param mark What the mark says, if there is one.
 * @param found How many commits the database holds, and its inode.
 */
export function findLoss(
  mark: CommitMarkContent | undefined,
  { commits, inode }: { commits: number; inode: number },
): string | undefined {
  if (!mark) return commits === 0 ? undefined : "the file that counts its commits is missing";
  if (commits < mark.commits) {
    const lost = mark.commits - commits;
    return `it has lost ${lost === 1 ? "its last commit" : `its last ${lost} commits`}`;
  }
  if (mark.isOpen && mark.inode !== inode) return "it is a copy of a database that was in use";
  return undefined;
}

/** Keeps the mark of a database that is in use. */
export class CommitMark {
  readonly #file: Deno.FsFile;
  readonly #inode: number;
  #commits: number;
  /** Whether the file still says how far the database was once written. */
  #isOlder: boolean;

  /**
   * Marks a database as in use. One that has lost something is marked by its first commit, which
   * records that: a process that dies before leaves the mark that tells of the loss.
   *
   * @param path The file; made for the user alone if it is not there.
   * @param found How many commits the database holds, its inode, and whether it has lost some.
   */
  constructor(
    path: string,
    { commits, inode, hasLost }: { commits: number; inode: number; hasLost: boolean },
  ) {
    this.#file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
    this.#inode = inode;
    this.#commits = commits;
    this.#isOlder = hasLost;
    if (hasLost) return;
    this.#write({ isOpen: true });
    this.#file.syncSync();
  }

  /** How many commits the database holds. */
  get commits(): number {
    return this.#commits;
  }

  /** One more commit is on the disk. */
  count(): void {
    this.#commits++;
    this.#isOlder = false;
    this.#write({ isOpen: true });
  }

  /** The database is not in use any more. */
  close(): void {
    if (!this.#isOlder) this.#write({ isOpen: false });
    this.#file.close();
  }

  #write({ isOpen }: { isOpen: boolean }): void {
    const content: CommitMarkContent = { commits: this.#commits, inode: this.#inode, isOpen };
    const bytes = new TextEncoder().encode(JSON.stringify(content).padEnd(MARK_BYTES - 1) + "\n");
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let written = 0; written < bytes.length;) {
      written += this.#file.writeSync(bytes.subarray(written));
    }
  }
}
