/**
 * Reads files in the sandboxes of executors, as their agents serve them over HTTP.
 *
 * @see https://mesos.apache.org/documentation/latest/sandbox/
 * @module
 */

import { z } from "zod";
import { beginningOf, type HttpAnswer, HttpClient } from "../http/http_client.ts";
import type { ExecutorId, FrameworkId } from "./ids.ts";

/** How long an agent may be silent. */
const AGENT_TIMEOUT_MS = 10_000;

/** Bytes of a file in one answer of an agent. */
const CHUNK_BYTES = 64 * 1024;

/** The longest list of files that is read. */
const MAX_LISTING_BYTES = 16 * 2 ** 20;

/** The overhead of an answer beside the text, of which each byte may be escaped as six. */
const MAX_OVERHEAD_BYTES = 1024;

/** A character of several bytes has four at most. */
const CUT_BYTES = 3;

const REPLACEMENT = "\ufffd";

const answerSchema = z.object({ data: z.string(), offset: z.number().nonnegative() });

const listingSchema = z.record(z.string(), z.unknown());

type Part = z.output<typeof answerSchema>;

/** The virtual path of a file in the sandbox of an executor's last run. */
export function sandboxPath(
  { frameworkId, executorId }: { frameworkId: FrameworkId; executorId: ExecutorId },
  file: string,
): string {
  return `/frameworks/${frameworkId}/executors/${executorId}/runs/latest/${file}`;
}

/** A file on an agent. */
export interface AgentFile {
  /** Scheme, host and port of the agent. */
  readonly agentUrl: string;
  /** A virtual path. */
  readonly path: string;
}

/** A file in a sandbox, which may not be that of the executor's last run. */
export interface SandboxFile {
  /** Scheme, host and port of the agent. */
  readonly agentUrl: string;
  /** The framework of the executor. */
  readonly frameworkId: FrameworkId;
  /** The executor. */
  readonly executorId: ExecutorId;
  /** Its container, where it is known. */
  readonly containerId: string | undefined;
  /** Relative to the sandbox. */
  readonly path: string;
}

/** Options of {@linkcode AgentFiles}. */
export interface AgentFilesOptions {
  /** PEM certificates to trust besides those of the system. */
  readonly caCertificates?: string | undefined;
  /** Headers of each request, for agents that require authentication. @default {{}} */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads files of agents. Owns its connections until disposed. */
export class AgentFiles implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  /** Creates a reader; opens no connection yet. */
  constructor({ caCertificates, headers = {} }: AgentFilesOptions = {}) {
    this.#http = new HttpClient({ caCertificates });
    this.#headers = headers;
  }

  /**
   * The content of a file in a sandbox from an offset on; below 0, that many bytes from the end, of
   * which what is no text is replaced.
   *
   * @returns undefined when there is no such file.
   * @throws {HttpConnectionError} when the agent can't be reached.
   * @throws {Error} when the agent refuses, or its answer is invalid.
   */
  async read(file: SandboxFile, offset: number): Promise<AsyncIterable<Uint8Array> | undefined> {
    const found = await this.#find(file);
    if (!found || offset === 0) return found && this.#download(found.file, 0);
    return offset < 0
      ? this.#tail(found.file, Math.max(0, found.size + offset))
      : this.#chunks(found.file, offset);
  }

  /**
   * Reads the last bytes of a file.
   *
   * @throws {HttpConnectionError} when the agent can't be reached.
   * @throws {Error} when the agent refuses, or its answer is invalid.
   */
  async readTail(file: AgentFile, maxBytes: number): Promise<string> {
    const size = await this.#sizeOf(file);
    if (size === undefined) throw new Error(`Cannot read ${file.path}: HTTP 404`);
    const length = Math.min(size, maxBytes);
    return length === 0 ? "" : await this.#text(file, { offset: size - length, length });
  }

  /** Closes the connections; pending reads fail. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#http.close();
  }

  /** A sandbox has a path as that of the executor's last run, and one of its own, by its container. */
  async #find(file: SandboxFile): Promise<{ file: AgentFile; size: number } | undefined> {
    const { agentUrl, containerId } = file;
    const latest = { agentUrl, path: sandboxPath(file, file.path) };
    const size = await this.#sizeOf(latest);
    if (size !== undefined) return { file: latest, size };
    if (containerId === undefined) return undefined;
    const sandbox = (await this.#listing(agentUrl)).find((each) =>
      each.endsWith(`/runs/${containerId}`)
    );
    if (sandbox === undefined) return undefined;
    const own = { agentUrl, path: `${sandbox}/${file.path}` };
    const ownSize = await this.#sizeOf(own);
    return ownSize === undefined ? undefined : { file: own, size: ownSize };
  }

  /** Never a download: the file may be huge, and is no text. */
  async *#tail(file: AgentFile, start: number): AsyncGenerator<Uint8Array> {
    for (let offset = start;;) {
      const text = await this.#text(file, { offset, length: CHUNK_BYTES });
      if (text === "") return;
      const bytes = new TextEncoder().encode(text);
      yield offset === start ? bytes.subarray(cutCharacter(text)) : bytes;
      // Where something was replaced, the length is not that in the file, and this is the end.
      if (text.includes(REPLACEMENT)) return;
      offset += bytes.length;
    }
  }

  async *#download(file: AgentFile, skip: number): AsyncGenerator<Uint8Array> {
    const { status, body } = await this.#get(file.agentUrl, "download", { path: file.path });
    if (status !== 200) throw new Error(`Cannot read ${file.path}: HTTP ${status}`);
    let left = skip;
    for await (const chunk of body) {
      const rest = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  }

  async *#chunks(file: AgentFile, start: number): AsyncGenerator<Uint8Array> {
    for (let offset = start;;) {
      const text = await this.#wholeCharacters(file, offset);
      if (text === "") return;
      // An agent gives text, not bytes: what is no text can only be had as a whole.
      if (text.includes(REPLACEMENT)) return yield* this.#download(file, offset);
      const bytes = new TextEncoder().encode(text);
      offset += bytes.length;
      yield bytes;
    }
  }

  /** Text from an offset on, without a character that is cut at the end. */
  async #wholeCharacters(file: AgentFile, offset: number): Promise<string> {
    let text = "";
    for (let cut = 0; cut <= CUT_BYTES; cut++) {
      text = await this.#text(file, { offset, length: CHUNK_BYTES - cut });
      if (!text.endsWith(REPLACEMENT)) return text;
    }
    return text;
  }

  /** Undefined where there is no such file. */
  async #sizeOf(file: AgentFile): Promise<number | undefined> {
    return (await this.#part(file, { offset: -1, length: 0 }))?.offset;
  }

  async #text(file: AgentFile, part: { offset: number; length: number }): Promise<string> {
    return (await this.#part(file, part))?.data ?? "";
  }

  async #part(
    { agentUrl, path }: AgentFile,
    { offset, length }: { offset: number; length: number },
  ): Promise<Part | undefined> {
    const query = { path, offset: String(offset), ...(offset < 0 ? {} : { length: `${length}` }) };
    const { status, body } = await this.#get(agentUrl, "read", query);
    const text = await beginningOf(body, 6 * length + MAX_OVERHEAD_BYTES);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`Cannot read ${path}: HTTP ${status}`);
    return answerSchema.parse(JSON.parse(text));
  }

  async #listing(agentUrl: string): Promise<string[]> {
    const { status, body } = await this.#get(agentUrl, "debug", {});
    const text = await beginningOf(body, MAX_LISTING_BYTES);
    if (status !== 200) throw new Error(`Cannot list the files of ${agentUrl}: HTTP ${status}`);
    return Object.keys(listingSchema.parse(JSON.parse(text)));
  }

  #get(agentUrl: string, endpoint: string, query: Record<string, string>): Promise<HttpAnswer> {
    return this.#http.request(
      new URL(`/files/${endpoint}?${new URLSearchParams(query)}`, agentUrl),
      {
        method: "GET",
        headers: this.#headers,
        idleTimeoutMs: AGENT_TIMEOUT_MS,
      },
    );
  }
}

/** The bytes at the start of a text that belong to a character before it. */
function cutCharacter(text: string): number {
  const cut = /^\ufffd{0,3}/.exec(text)?.[0] ?? "";
  return new TextEncoder().encode(cut).length;
}
