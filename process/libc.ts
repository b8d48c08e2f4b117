/**
 * The few functions of the C library that Deno has no API for. All are optional: if the
 * library can't be opened, or the kernel refuses, the caller continues without.
 *
 * @see prctl(2), waitpid(2)
 * @module
 */

import { getLogger } from "../support/log.ts";

const log = getLogger("process");

/** Deno itself needs glibc. */
const LIBRARY = "libc.so.6";

const PR_SET_DUMPABLE = 4;
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

const SYMBOLS = {
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
} as const;

/** Opens the library with these functions; undefined if it, or one of them, is not available. */
export function openLibrary<Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> | undefined {
  try {
    return Deno.dlopen(LIBRARY, symbols);
  } catch (error) {
    log.debug("Cannot open {library}: {error}", { library: LIBRARY, error });
    return undefined;
  }
}

/** The C library. Close it with `using`. */
export class Libc implements Disposable {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.#library = library;
  }

  /** Opens the library; undefined if it is not available. */
  static open(): Libc | undefined {
    const library = openLibrary(SYMBOLS);
    return library && new Libc(library);
  }

  /** Makes this process a subreaper: it adopts orphaned descendants. */
  becomeSubreaper(): boolean {
    return this.#prctl(PR_SET_CHILD_SUBREAPER, 1n);
  }

  /** Prevents other processes of the same user from reading the memory of this one. */
  refuseTracing(): boolean {
    return this.#prctl(PR_SET_DUMPABLE, 0n);
  }

  /** Reaps a child that has ended. */
  reap(pid: number): boolean {
    return this.#library.symbols.waitpid(pid, null, WNOHANG) === pid;
  }

  /** Closes the library; its settings remain in effect. */
  [Symbol.dispose](): void {
    this.#library.close();
  }

  #prctl(option: number, value: bigint): boolean {
    return this.#library.symbols.prctl(option, value, 0n, 0n, 0n) === 0;
  }
}
