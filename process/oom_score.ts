/**
 * How likely the kernel kills this process when memory runs out, which children inherit.
 *
 * @see proc_pid_oom_score_adj(5)
 * @module
 */

import { getLogger } from "../support/log.ts";

const log = getLogger("process");

const PATH = "/proc/self/oom_score_adj";

const ENCODER = new TextEncoder();

/** The longest text in the file: -1000 and a newline. */
const SCORE_BYTES = 6;

/** The adjustment of the score of this process. The caller must dispose of it. */
export class OomScore implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens it; undefined if this process may not change it, as after `Libc.refuseTracing()`. */
  static open(): OomScore | undefined {
    try {
      return new OomScore(Deno.openSync(PATH, { read: true, write: true }));
    } catch (error) {
      log.debug("Cannot open {path}: {error}", { path: PATH, error });
      return undefined;
    }
  }

  /**
   * Calls a function that starts a child, which inherits a higher score. Lowering the score to its
   * earlier value needs no privilege. If the higher score is refused, the child starts without it.
   *
   * @param increase How much higher.
   * @param start The function, which must be synchronous.
   */
  raised<T>(increase: number, start: () => T): T {
    const score = this.#read();
    if (!this.#write(score + increase)) return start();
    try {
      return start();
    } finally {
      if (!this.#write(score)) log.warn("Cannot lower {path} to {score}", { path: PATH, score });
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #read(): number {
    const bytes = new Uint8Array(SCORE_BYTES);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const length = this.#file.readSync(bytes) ?? 0;
    return parseInt(String.fromCharCode(...bytes.subarray(0, length)));
  }

  #write(score: number): boolean {
    try {
      this.#file.writeSync(ENCODER.encode(String(score)));
      return true;
    } catch (error) {
      log.debug("Cannot write {score} to {path}: {error}", { path: PATH, score, error });
      return false;
    }
  }
}
