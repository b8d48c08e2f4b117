/**
 * `/files/…`: the contents of the sandboxes.
 *
 * @see src/files/files.cpp in Mesos
 * @module
 */

import { basename, join } from "node:path";
import { BoundedMap } from "../bounded_map.ts";
import { badRequest, jsonResponse, notFound } from "../http/http_responses.ts";

/** How many sandboxes stay readable, those of ended executors included. */
const MAX_ATTACHED = 3000;

/** Sixteen pages. */
const MAX_READ_BYTES = 16 * 4096;

/** Maps virtual paths to files and serves them. */
export class FilesApi {
  readonly #attached: BoundedMap<string, string> = new BoundedMap(MAX_ATTACHED);

  /** Exposes an existing directory under a virtual path. */
  attach(directory: string, virtualPath: string): void {
    this.#attached.set(virtualPath, Deno.realPathSync(directory));
  }

  /** Answers a request for `/files/<endpoint>`. */
  async handle(endpoint: string, query: URLSearchParams): Promise<Response> {
    if (endpoint === "debug") return jsonResponse(Object.fromEntries(this.#attached));
    const path = query.get("path");
    const handler = { read, download }[endpoint];
    if (!handler) return notFound();
    if (!path) return badRequest("Expecting 'path=value' in query.\n");
    const real = await this.#resolve(path);
    if (real instanceof Response) return real;
    // Only this endpoint answers with a message.
    if (real === undefined) return notFound(endpoint === "download" ? undefined : "");
    return await handler(real, query);
  }

  /** The file of a virtual path, if any: the longest attached prefix wins. */
  async #resolve(path: string): Promise<string | Response | undefined> {
    const words = path.replace(/\/$/, "").split("/");
    for (let length = words.length; length > 0; length--) {
      const root = this.#attached.get(words.slice(0, length).join("/"));
      if (root === undefined) continue;
      const wanted = join(root, ...words.slice(length));
      try {
        const real = await Deno.realPath(wanted);
        const inside = real === root || real.startsWith(`${root}/`);
        return inside ? real : badRequest(`'${wanted}' is inaccessible.\n`);
      } catch {
        return undefined;
      }
    }
    return undefined;
  }
}

/** A parameter in bytes; -1 when absent. */
function byteCount(query: URLSearchParams, name: string): number | Response {
  const text = query.get(name) ?? "-1";
  const count = Number(text);
  if (!/^-?\d+$/.test(text)) {
    return badRequest(`Failed to parse ${name}: Failed to convert '${text}' to number.\n`);
  }
  if (count >= -1) return count;
  return badRequest(`Negative ${name} provided: ${count}.\n`);
}

async function read(real: string, query: URLSearchParams): Promise<Response> {
  const offset = byteCount(query, "offset");
  if (offset instanceof Response) return offset;
  const length = byteCount(query, "length");
  if (length instanceof Response) return length;
  const { isDirectory, size } = await Deno.stat(real);
  if (isDirectory) return badRequest("Cannot read a directory.\n");
  // With this answer a reader learns the size.
  if (offset === -1) return jsonResponse({ offset: size, data: "" });
  const wanted = Math.min(length === -1 ? size - offset : length, MAX_READ_BYTES);
  if (offset >= size || wanted === 0) return jsonResponse({ offset, data: "" });
  using file = await Deno.open(real);
  await file.seek(offset, Deno.SeekMode.Start);
  const buffer = new Uint8Array(wanted);
  const count = await file.read(buffer) ?? 0;
  return jsonResponse({ offset, data: new TextDecoder().decode(buffer.subarray(0, count)) });
}

async function download(real: string): Promise<Response> {
  const { isDirectory, isFile, size } = await Deno.stat(real);
  if (isDirectory) return badRequest("Cannot download a directory.\n");
  // A job may have put a pipe there, which would wait for a writer.
  if (!isFile) return badRequest(`'${real}' is not a file.\n`);
  const file = await Deno.open(real);
  return new Response(file.readable, {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename=${basename(real)}`,
      "Content-Length": String(size),
    },
  });
}
