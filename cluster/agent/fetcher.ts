/**
 * Fetches the files that a command needs into its sandbox, as Mesos' fetcher does, but that it
 * extracts no archive.
 *
 * @see docs/fetcher.md in the Mesos documentation
 * @module
 */

import { basename, dirname, join } from "node:path";
import type { CommandInfoURI } from "../../mesos/wire/messages.ts";
import { HttpClient } from "../../http/http_client.ts";
import { redirectTarget } from "../../http/redirect.ts";
import type { Download, FetcherCache } from "./fetcher_cache.ts";
import { reasonOf } from "../../support/reason.ts";

const MAX_REDIRECTS = 10;
const STALL_TIMEOUT_MS = 60_000;
const EXECUTABLE_MODE = 0o755;

function outputPath({ value, output_file }: CommandInfoURI, sandbox: string): string {
  const name = output_file ?? basename(value.replace(/^https?:\/\/[^/]*/, ""));
  const path = join(sandbox, name);
  if (!path.startsWith(`${sandbox}/`) || name === "" || name.startsWith("/")) {
    throw new Error("URI output file must be within the sandbox directory");
  }
  return path;
}

async function download(uri: string, path: string, signal: AbortSignal): Promise<void> {
  let url: URL | null = new URL(uri);
  // Open the file first: otherwise an unwritable file would leave a response pending.
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  await using client = new HttpClient();
  for (let redirects = 0; redirects <= MAX_REDIRECTS && url; redirects++) {
    const answer = await client.request(url, {
      method: "GET",
      idleTimeoutMs: STALL_TIMEOUT_MS,
      signal,
      dedicated: true,
    });
    if (answer.status === 200) {
      return await ReadableStream.from(answer.body).pipeTo(file.writable);
    }
    // Cancelling a body that was begun closes its connection.
    for await (const _ of answer.body) break;
    const next = redirectTarget(url, answer);
    if (next === undefined) {
      throw new Error(`Error downloading resource, received HTTP return code ${answer.status}`);
    }
    url = next && /^https?:$/.test(next.protocol) ? next : null;
  }
  throw new Error("Error downloading resource: Number of redirects hit maximum amount");
}

async function obtain(uri: string, path: string, signal: AbortSignal): Promise<void> {
  if (/^https?:\/\//.test(uri)) return await download(uri, path, signal);
  const source = uri.startsWith("file://")
    ? decodeURIComponent(uri.slice("file://".length).replace(/^localhost/, ""))
    : uri;
  if (source.startsWith("/")) return await Deno.copyFile(source, path);
  throw new Error("Only http:, https: and file: URIs and absolute paths are supported");
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly cache: FetcherCache;
}

async function fetchOne(
  uri: CommandInfoURI,
  sandbox: string,
  { signal, cache }: FetchOptions,
): Promise<void> {
  const path = outputPath(uri, sandbox);
  await Deno.mkdir(dirname(path), { recursive: true });
  const source = uri.value.trimStart();
  if (uri.cache) {
    const download: Download = (cached, signal) => obtain(source, cached, signal);
    await cache.copy(source, path, { signal, download });
  } else await obtain(source, path, signal);
  if (uri.executable) await Deno.chmod(path, EXECUTABLE_MODE);
}

/**
 * Fetches all URIs into the sandbox, one after another.
 *
 * @throws {Error} naming the first URI that can't be fetched, and why; the reason of the signal.
 */
export async function fetchUris(
  uris: readonly CommandInfoURI[],
  sandbox: string,
  options: FetchOptions,
): Promise<void> {
  for (const uri of uris) {
    try {
      await fetchOne(uri, sandbox, options);
    } catch (cause) {
      options.signal.throwIfAborted();
      throw new Error(`Failed to fetch '${uri.value}': ${reasonOf(cause)}`, { cause });
    }
  }
}
