/**
 * `/files/…`: the contents of the sandboxes.
 *
 * @see docs/endpoints/files/read.md and download.md in the Mesos documentation
 * @module
 */

import { join } from "node:path";
import { type ServerAnswer, StreamedBody } from "../../http/request_handler.ts";
import { BoundedMap } from "../bounded_map.ts";
import { badRequest, jsonAnswer, notFound } from "../http/http_responses.ts";

/** How many sandboxes stay readable, those of ended executors included. */
const MAX_ATTACHED = 3000;

/** Sixteen pages. */
const MAX_READ_BYTES = 16 * 4096;

export class FilesApi {
  readonly #attached: BoundedMap<string, string> = new BoundedMap(MAX_ATTACHED);

  /** Exposes an existing directory under a virtual path. */
  attach(directory: string, virtualPath: string): void {
    this.#attached.set(virtualPath, Deno.realPathSync(directory));
  }

  async answer(endpoint: string, query: URLSearchParams): Promise<ServerAnswer> {
    if (endpoint === "debug") return jsonAnswer(Object.fromEntries(this.#attached));
    const reader = READERS.get(endpoint);
    if (!reader) throw notFound();
    const path = query.get("path");
    if (!path) throw badRequest("Expecting 'path=value' in query.\n");
    const real = await this.#resolve(path);
    if (real === undefined) throw notFound("");
    return await reader(real, query);
  }

  /** The file of a virtual path, if any: the longest attached prefix wins. */
  async #resolve(path: string): Promise<string | undefined> {
    const words = path.replace(/\/$/, "").split("/");
    for (let length = words.length; length > 0; length--) {
      const root = this.#attached.get(words.slice(0, length).join("/"));
      if (root === undefined) continue;
      const real = await Deno.realPath(join(root, ...words.slice(length))).catch(() => "");
      // Links must not lead out of the sandbox.
      return real === root || real.startsWith(`${root}/`) ? real : undefined;
    }
    return undefined;
  }
}

async function read(real: string, query: URLSearchParams): Promise<ServerAnswer> {
  const [offset, length] = ["offset", "length"].map((name) => query.get(name) ?? "-1");
  if (!/^(-1|\d+) (-1|\d+)$/.test(`${offset} ${length}`)) {
    throw badRequest(`Failed to parse offset '${offset}' or length '${length}'.\n`);
  }
  const { isFile, size } = await Deno.stat(real);
  if (!isFile) throw badRequest("Cannot read anything but a file.\n");
  const start = Number(offset);
  // With this answer a reader learns the size.
  if (start === -1) return jsonAnswer({ offset: size, data: "" });
  const rest = Math.max(size - start, 0);
  const wanted = Math.min(length === "-1" ? rest : Number(length), rest, MAX_READ_BYTES);
  using file = await Deno.open(real);
  await file.seek(start, Deno.SeekMode.Start);
  const buffer = new Uint8Array(wanted);
  const count = wanted > 0 ? await file.read(buffer) ?? 0 : 0;
  return jsonAnswer({
    offset: start,
    data: new TextDecoder().decode(buffer.subarray(0, count)),
  });
}

/** `read` gives text: only this gives all bytes as they are. */
async function download(real: string): Promise<ServerAnswer> {
  const { isFile, size } = await Deno.stat(real);
  if (!isFile) throw badRequest("Cannot download anything but a file.\n");
  const headers = { "Content-Type": "application/octet-stream", "Content-Length": String(size) };
  return { status: 200, headers, body: new StreamedBody((await Deno.open(real)).readable) };
}

const READERS: ReadonlyMap<string, typeof read> = new Map([["read", read], ["download", download]]);
