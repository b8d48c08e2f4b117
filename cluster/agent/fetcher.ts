/**
 * Fetches the files that a command needs into its sandbox, as Mesos' fetcher does.
 *
 * @see docs/fetcher.md in the Mesos documentation and src/launcher/fetcher.cpp in Mesos
 * @module
 */

import { basename, dirname, join } from "node:path";
import type { CommandInfoURI } from "../../mesos/wire/messages.ts";
import { HttpClient } from "../../http/http_client.ts";
import { redirectTarget } from "../../http/redirect.ts";
import type { Download, FetcherCache } from "./fetcher_cache.ts";
import { unzip } from "../../resource/unzip.ts";

const MAX_REDIRECTS = 10;
const STALL_TIMEOUT_MS = 60_000;
const EXECUTABLE_MODE = 0o755;
const TAR_REGEXP = /\.(tar|tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz)$/;

/** The file name of a URI. */
function fileNameOf(uri: string): string {
  if (/[\\'\0]/.test(uri)) throw new Error("Illegal characters in URI");
  const [, path] = /^[^/]{2,}:\/\/(.*)$/.exec(uri) ?? [];
  if (path !== undefined && !/\/./.test(path)) {
    throw new Error(`Malformed URI (missing path): ${uri}`);
  }
  // Only paths may end in slashes; such a URI has no name, and can't be fetched.
  return path === undefined ? basename(uri) : path.slice(path.lastIndexOf("/") + 1);
}

function outputPath(uri: CommandInfoURI, sandbox: string): string {
  const name = fileNameOf(uri.value);
  const { output_file } = uri;
  if (output_file === undefined) return join(sandbox, name);
  if (output_file === "") throw new Error("URI output file path is empty");
  const path = join(sandbox, output_file);
  if (output_file.startsWith("/") || !path.startsWith(`${sandbox}/`)) {
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
      throw new Error(
        `Error downloading resource, received HTTP return code ${answer.status}`,
      );
    }
    url = next && /^https?:$/.test(next.protocol) ? next : null;
  }
  throw new Error("Error downloading resource: Number of redirects hit maximum amount");
}

async function obtain(uri: string, path: string, signal: AbortSignal): Promise<void> {
  if (/^https?:\/\//.test(uri)) return await download(uri, path, signal);
  if (uri.startsWith("file://")) {
    const source = decodeURIComponent(uri.slice("file://".length).replace(/^localhost/, ""));
    if (!source.startsWith("/")) throw new Error("File URI only supports absolute paths");
    return await Deno.copyFile(source, path);
  }
  if (uri.includes("://")) throw new Error(`Failed to create HDFS client: cannot fetch ${uri}`);
  if (!uri.startsWith("/")) {
    throw new Error(
      "A relative path was passed for the resource but the Mesos framework home was not specified." +
        " Please either provide this config option or avoid using a relative path",
    );
  }
  await Deno.copyFile(uri, path);
}

async function run(command: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
}

/** Extracts a file with an archive's extension into the sandbox, beside it. */
async function extract(path: string, sandbox: string, signal: AbortSignal): Promise<void> {
  try {
    if (TAR_REGEXP.test(path)) await run("tar", ["-x", "-f", path, "-C", sandbox], signal);
    else if (path.endsWith(".zip")) await extractZip(path, sandbox);
    else if (path.endsWith(".gz")) await gunzip(path, sandbox);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Failed to extract archive '${path}' to '${sandbox}': ${reason}`, { cause });
  }
}

async function extractZip(path: string, sandbox: string): Promise<void> {
  const directory = `${path}.extracted`;
  await unzip(path, directory);
  for (const { name } of Deno.readDirSync(directory)) {
    await Deno.rename(join(directory, name), join(sandbox, name));
  }
  await Deno.remove(directory);
}

async function gunzip(path: string, sandbox: string): Promise<void> {
  const source = await Deno.open(path);
  const content = source.readable.pipeThrough(new DecompressionStream("gzip"));
  await Deno.writeFile(join(sandbox, basename(path, ".gz")), content);
}

/** What a fetch works with. */
export interface FetchOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Has what others have fetched. */
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
  else if (uri.extract ?? true) await extract(path, sandbox, signal);
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
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Failed to fetch '${uri.value}': ${reason}`, { cause });
    }
  }
}
