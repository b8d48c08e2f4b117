/**
 * Rules that exclude files from a user script, in the syntax of .gitignore.
 *
 * @see https://git-scm.com/docs/gitignore
 * @module
 */

import createIgnore, { type Ignore } from "ignore";
import { join } from "node:path";
import { decodeName } from "./raw_name.ts";
import { UserScriptError } from "./resource_errors.ts";

/** The file at the top of a user script that lists excluded patterns. */
export const IGNORE_FILE_NAME = ".toil-mesosignore";

/** The bound of the ignore file; written by hand, it is far smaller. */
const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

/**
 * Version control and compiled code, which nodes do not need and which would change the archive.
 */
const DEFAULT_PATTERNS = [".git", "__pycache__", "*.pyc", `/${IGNORE_FILE_NAME}`];

/** The library caches every path; this bounds the cache. */
const REMEMBERED_PATHS = 1000;

/** Patterns of which the last match wins. */
export class ExcludeRules {
  readonly #all: Ignore;
  #forgetful: Ignore;
  #asked = 0;

  /**
   * Combines the default patterns, the ignore file and the user's patterns, in order of precedence.
   *
   * @param text The content of the ignore file.
   * @param patterns Further patterns of the user.
   */
  constructor(text: string, patterns: readonly string[]) {
    this.#all = create().add([...DEFAULT_PATTERNS]).add(text).add([...patterns]);
    this.#forgetful = create().add(this.#all);
  }

  /**
   * Reads the ignore file of a directory, if it has one.
   *
   * @throws {UserScriptError} when the file exceeds its bound.
   */
  static async of(directory: string, patterns: readonly string[]): Promise<ExcludeRules> {
    const path = join(directory, IGNORE_FILE_NAME);
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isFile) return new ExcludeRules("", patterns);
    if (info.size > MAX_IGNORE_FILE_BYTES) {
      const message = `Cannot read ${path}: it is larger than ${MAX_IGNORE_FILE_BYTES} bytes`;
      throw new UserScriptError(message, { path });
    }
    return new ExcludeRules(decodeName(await Deno.readFile(path)), patterns);
  }

  /** Whether an entry is excluded; call it only if none of its parents is. */
  excludes(path: string, isDirectory: boolean): boolean {
    if (++this.#asked % REMEMBERED_PATHS === 0) this.#forgetful = create().add(this.#all);
    return this.#forgetful.ignores(isDirectory ? `${path}/` : path);
  }
}

function create(): Ignore {
  return createIgnore({ ignorecase: false });
}
