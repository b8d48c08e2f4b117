/**
 * Files that an agent has fetched with `cache: true`, for other containers that want the same URI.
 * They are kept until the agent is started again, or until others need the space.
 *
 * @see docs/fetcher.md in the Mesos documentation and src/slave/containerizer/fetcher.cpp in Mesos
 * @module
 */

import { join } from "node:path";
import { removeIfPresent } from "../files.ts";

/** The default of Mesos' --fetcher_cache_size. */
export const MAX_CACHED_BYTES: number = 2 * 2 ** 30;

export type Download = (path: string, signal: AbortSignal) => Promise<void>;

interface Entry {
  readonly path: string;
  readonly size: Promise<number>;
  readers: number;
}

export interface FetcherCacheOptions {
  /** What stays cached, besides files that are being copied. @default {MAX_CACHED_BYTES} */
  readonly maxBytes?: number;
}

/** Fetches each URI once, however many containers want it at the same time or later. */
export class FetcherCache {
  readonly #directory: string;
  readonly #maxBytes: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #end = new AbortController();
  #count = 0;

  /**
   * An empty cache: what an earlier run of the agent has left is removed.
   *
   * @param directory Belongs to the cache alone; made when it is needed.
   */
  constructor(directory: string, { maxBytes = MAX_CACHED_BYTES }: FetcherCacheOptions = {}) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    removeIfPresent(directory, { recursive: true });
  }

  /**
   * Copies the file of a URI.
   *
   * @param options.signal Ends the wait for this copy, not the download, which is for others, too.
   * @param options.download Fetches it to a path, where the cache does not have it.
   */
  async copy(
    uri: string,
    target: string,
    { signal, download }: { signal: AbortSignal; download: Download },
  ): Promise<void> {
    const entry = this.#entries.get(uri) ?? this.#download(uri, download);
    this.#entries.delete(uri);
    this.#entries.set(uri, entry);
    entry.readers++;
    try {
      await Promise.race([entry.size, aborted(signal)]);
      await Deno.copyFile(entry.path, target);
    } finally {
      entry.readers--;
    }
    await this.#makeRoom();
  }

  close(): void {
    this.#end.abort(new Error("the agent has stopped"));
  }

  #download(uri: string, download: Download): Entry {
    const path = join(this.#directory, String(++this.#count));
    const begin = async () => {
      await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      this.#end.signal.throwIfAborted();
      await download(path, this.#end.signal);
      return (await Deno.stat(path)).size;
    };
    const entry = { path, size: begin(), readers: 0 };
    // The next container that wants it tries again.
    entry.size.catch(() => {
      if (this.#entries.get(uri) === entry) this.#entries.delete(uri);
    });
    return entry;
  }

  async #makeRoom(): Promise<void> {
    let total = 0;
    const newestFirst = [...this.#entries].reverse();
    for (const [uri, { path, size, readers }] of newestFirst) {
      total += await size.catch(() => 0);
      if (total <= this.#maxBytes || readers > 0 || !this.#entries.delete(uri)) continue;
      await Deno.remove(path);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
