/**
 * Starts programs by posix_spawn(3), which gives a child its session, its directory and its files
 * without a program in between, and waits for them. Linux with glibc 2.29 or later.
 *
 * @see posix_spawn(3), posix_spawn_file_actions_addchdir_np(3), waitpid(2)
 * @module
 */

import { cString, stringVector } from "./c_strings.ts";
import { openLibrary } from "./libc.ts";
import { exitStatusOfWaitStatus } from "./signals.ts";

const SYMBOLS = {
  posix_spawn: {
    parameters: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  posix_spawn_file_actions_init: { parameters: ["buffer"], result: "i32" },
  posix_spawn_file_actions_addopen: {
    parameters: ["buffer", "i32", "buffer", "i32", "u32"],
    result: "i32",
  },
  posix_spawn_file_actions_addchdir_np: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawn_file_actions_destroy: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_init: { parameters: ["buffer"], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16"], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer"], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer"], result: "i32" },
  prlimit64: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32" },
  killpg: { parameters: ["i32", "i32"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  strerror: { parameters: ["i32"], result: "pointer" },
} as const;

/** Larger than each structure of the library, whatever the architecture. */
const STRUCTURE_BYTES = 1024;

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

/** Deno ignores it; signals with handlers have their default action in a child anyway. */
const SIGPIPE = 13;

const RLIMIT_NOFILE = 7;
const UNLIMITED = 0xffff_ffff_ffff_ffffn;

const SIGKILL = 9;

const WNOHANG = 1;

/** Only the umask restricts it, as in a shell. */
const FILE_MODE = 0o666;

/** A file to open in a child. */
export interface FileToOpen {
  /** Its path. */
  readonly path: string;
  /** The flags of open(2). */
  readonly flags: number;
}

/** A program to start. */
export interface Program {
  /** Its absolute path. */
  readonly path: string;
  /** Its arguments, its name the first. */
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory. */
  readonly directory: string;
  /** Standard input, output and error, opened in this order. Opening must not block: this process
   * waits for it. */
  readonly files: readonly FileToOpen[];
  /** The soft limit of open files, a number or `unlimited`, if it is below the hard limit. */
  readonly openFileLimit?: string | undefined;
}

/** The library. The caller must dispose of it. */
export class PosixSpawn implements Disposable {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #attributes = structure();
  readonly #actions = structure();
  readonly #result = new Int32Array(new ArrayBuffer(STRUCTURE_BYTES));

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.#library = library;
    const { symbols } = library;
    const defaults = structure();
    defaults[(SIGPIPE - 1) >> 3] = 1 << ((SIGPIPE - 1) & 7);
    const flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    symbols.posix_spawnattr_init(this.#attributes);
    symbols.posix_spawnattr_setsigdefault(this.#attributes, defaults);
    // No signal is blocked.
    symbols.posix_spawnattr_setsigmask(this.#attributes, structure());
    symbols.posix_spawnattr_setflags(this.#attributes, flags);
  }

  /** Opens the library; undefined if it lacks a function. */
  static open(): PosixSpawn | undefined {
    const library = openLibrary(SYMBOLS);
    return library && new PosixSpawn(library);
  }

  /**
   * Starts a program as the leader of a new session and process group, and returns its id. Only
   * {@linkcode ended} can wait for it.
   *
   * @throws {Error} when it can't be started; the message contains no part of the environment.
   */
  start({ path, args, environment, directory, files, openFileLimit }: Program): number {
    const words = stringVector(args);
    const variables = stringVector(Object.entries(environment).map((pair) => pair.join("=")));
    const { symbols } = this.#library;
    const actions = this.#actions;
    this.#check(symbols.posix_spawn_file_actions_init(actions), path);
    try {
      const name = cString(directory);
      this.#check(symbols.posix_spawn_file_actions_addchdir_np(actions, name), directory);
      for (const [descriptor, file] of files.entries()) this.#addFile(descriptor, file);
      const call = [
        this.#result,
        cString(path),
        actions,
        this.#attributes,
        words,
        variables,
      ] as const;
      const code = this.#limited(openFileLimit, () => symbols.posix_spawn(...call));
      this.#check(code, `${path} in ${directory}`);
    } finally {
      symbols.posix_spawn_file_actions_destroy(actions);
    }
    const [pid = 0] = this.#result;
    return pid;
  }

  /**
   * The exit status of a child if it has ended, or minus the number of the signal; undefined while
   * it runs. Another call for it throws.
   *
   * @throws {Error} when this process has no such child.
   */
  ended(pid: number): number | undefined {
    const found = this.#library.symbols.waitpid(pid, this.#result, WNOHANG);
    if (found === 0) return undefined;
    if (found !== pid) throw new Error(`Cannot wait for process ${pid}: it is not a child`);
    const [status = 0] = this.#result;
    return exitStatusOfWaitStatus(status);
  }

  /** Sends SIGKILL to the process group of a child; whether any process got it. Usually none is left,
   * and `Deno.kill` would make an error of that, which takes longer than the call. */
  killGroup(pid: number): boolean {
    return this.#library.symbols.killpg(pid, SIGKILL) === 0;
  }

  /** Closes the library; children continue. */
  [Symbol.dispose](): void {
    this.#library.close();
  }

  #addFile(descriptor: number, { path, flags }: FileToOpen): void {
    const { posix_spawn_file_actions_addopen: addOpen } = this.#library.symbols;
    this.#check(addOpen(this.#actions, descriptor, cString(path), flags, FILE_MODE), path);
  }

  /** Starts a child that inherits a soft limit; the limit of this process changes for less than a
   * millisecond, and what it has open stays open. */
  #limited<T>(soft: string | undefined, start: () => T): T {
    if (soft === undefined) return start();
    const { prlimit64 } = this.#library.symbols;
    const own = new BigUint64Array(2);
    prlimit64(0, RLIMIT_NOFILE, null, own);
    const [, hard = UNLIMITED] = own;
    prlimit64(0, RLIMIT_NOFILE, limits(soft, hard), null);
    try {
      return start();
    } finally {
      prlimit64(0, RLIMIT_NOFILE, own, null);
    }
  }

  #check(code: number, what: string): void {
    if (code === 0) return;
    const text = this.#library.symbols.strerror(code);
    const reason = text ? Deno.UnsafePointerView.getCString(text) : `error ${code}`;
    throw new Error(`Cannot start ${what}: ${reason}`);
  }
}

/** A soft limit above the hard one is refused as a whole: then nothing changes. */
function limits(soft: string, hard: bigint): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.of(soft === "unlimited" ? UNLIMITED : BigInt(soft), hard);
}

function structure(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(STRUCTURE_BYTES);
}
