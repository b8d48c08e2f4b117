/**
 * What of a user script stays on the leader, in the syntax of .gitignore.
 *
 * @see https://git-scm.com/docs/gitignore
 * @module
 */

import createIgnore, { type Ignore } from "ignore";
import { join } from "node:path";
import { decodeName } from "./raw_name.ts";
import { UserScriptError } from "./resource_errors.ts";

/** The file at the top of a user script that lists what is left out. */
export const IGNORE_FILE_NAME = ".toil-mesosignore";

/** A file of patterns that people write is far smaller. */
const MAX_IGNORE_FILE_BYTES = 1024 * 1024;

/** Version control and compiled code: no use on a node, and different every time. */
const DEFAULT_PATTERNS = [".git", "__pycache__", "*.pyc", `/${IGNORE_FILE_NAME}`];

/** The library remembers every path that it was asked about; it forgets them after so many. */
const REMEMBERED_PATHS = 1000;

/** Patterns, of which the last one that matches decides. */
export class ExcludeRules {
  readonly #all: Ignore;
  #forgetful: Ignore;
  #asked = 0;

  /**
   * Rules of three kinds, in order of their precedence.
   *
   * @param text The content of the ignore file.
   * @param patterns What the user named beside it.
   */
  constructor(text: string, patterns: readonly string[]) {
    this.#all = create().add([...DEFAULT_PATTERNS]).add(text).add([...patterns]);
    this.#forgetful = create().add(this.#all);
  }

  /**
   * Reads the ignore file of a directory, if it has one.
   *
   * @throws {UserScriptError} when it exceeds its bound.
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

  /** Whether an entry, none of whose parents is excluded, is. */
  excludes(path: string, isDirectory: boolean): boolean {
    if (++this.#asked % REMEMBERED_PATHS === 0) this.#forgetful = create().add(this.#all);
    return this.#forgetful.ignores(isDirectory ? `${path}/` : path);
  }
}

function create(): Ignore {
  return createIgnore({ ignorecase: false });
}
