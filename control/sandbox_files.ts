/**
 * Files in the sandboxes of executors, as agents serve them.
 *
 * @see https://mesos.apache.org/documentation/latest/sandbox/
 * @module
 */

import { type HttpAnswer, HttpClient } from "../http/http_client.ts";

/** Bytes of a file in one answer of an agent. */
const CHUNK_BYTES = 64 * 1024;

/** What an agent says of its files may be long, but not without end. */
const MAX_FILES_ANSWER_BYTES = 16 * 2 ** 20;

/** An agent that is silent for so long is not there. */
const AGENT_TIMEOUT_MS = 10_000;

/** A character of several bytes has four at most. */
const CUT_BYTES = 3;

const REPLACEMENT = "\ufffd";

/** Where a file is. */
export interface SandboxFile {
  /** The agent, without a path. */
  readonly agentUrl: string;
  /** The framework of the executor. */
  readonly frameworkId: string;
  /** The executor. */
  readonly executorId: string;
  /** Its container, where it is known. */
  readonly containerId: string | undefined;
  /** Relative to the sandbox. */
  readonly path: string;
}

/** How agents are talked to. */
export interface SandboxFilesOptions {
  /** By which agents know us. */
  readonly headers: Readonly<Record<string, string>>;
  /** PEM certificates to trust. */
  readonly caCertificates: string | undefined;
}

/** Reads files of agents. Owns its connections. */
export class SandboxFiles implements AsyncDisposable {
  readonly #client: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * Connects when a file is read.
   *
   * @param options How.
   */
  constructor({ headers, caCertificates }: SandboxFilesOptions) {
    this.#client = new HttpClient({ caCertificates });
    this.#headers = headers;
  }

  /**
   * What a file holds from an offset on; below 0, that many bytes from the end, of which what is no
   * text is replaced.
   *
   * @returns undefined when there is no such file.
   * @throws {Error} when the agent can't be reached or refuses.
   */
  async read(
    file: SandboxFile,
    offset: number,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = await this.#locate(file);
    if (path === undefined) return undefined;
    if (offset < 0) {
      return this.#tail(file, path, Math.max(0, (await this.#sizeOf(file, path) ?? 0) + offset));
    }
    return offset === 0 ? this.#download(file, path, 0) : this.#chunks(file, path, offset);
  }

  /** Ends all reading. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close();
  }

  /** The sandbox has a path of the executor's last run, and, by its container, one of its own. */
  async #locate(file: SandboxFile): Promise<string | undefined> {
    const { frameworkId, executorId, containerId } = file;
    const latest = `/frameworks/${frameworkId}/executors/${executorId}/runs/latest/${file.path}`;
    if (await this.#sizeOf(file, latest) !== undefined) return latest;
    if (containerId === undefined) return undefined;
    const listing = await this.#json(await this.#get(file, "debug", {}));
    const sandbox = Object.keys(listing ?? {}).find((each) =>
      each.endsWith(`/runs/${containerId}`)
    );
    const path = `${sandbox}/${file.path}`;
    if (sandbox === undefined) return undefined;
    return await this.#sizeOf(file, path) === undefined ? undefined : path;
  }

  /** Undefined where there is no such file. */
  async #sizeOf(file: SandboxFile, path: string): Promise<number | undefined> {
    const answer = await this.#json(await this.#get(file, "read", { path, offset: "-1" }));
    return answer && Number(answer["offset"]);
  }

  /** Never a download: the file may be huge, and is no text. */
  async *#tail(file: SandboxFile, path: string, start: number): AsyncGenerator<Uint8Array> {
    for (let offset = start;;) {
      const query = { path, offset: String(offset), length: String(CHUNK_BYTES) };
      const answer = await this.#json(await this.#get(file, "read", query));
      const text = String(answer?.["data"] ?? "");
      if (text === "") return;
      const bytes = new TextEncoder().encode(text);
      yield offset === start ? bytes.subarray(cutCharacter(text)) : bytes;
      // Where something was replaced, the length is not that in the file, and this is the end.
      if (text.includes(REPLACEMENT)) return;
      offset += bytes.length;
    }
  }

  async *#download(file: SandboxFile, path: string, skip: number): AsyncGenerator<Uint8Array> {
    const { status, body } = await this.#get(file, "download", { path });
    let left = skip;
    for await (const chunk of body) {
      if (status !== 200) return;
      const rest = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  }

  async *#chunks(file: SandboxFile, path: string, start: number): AsyncGenerator<Uint8Array> {
    for (let offset = start;;) {
      const text = await this.#chunk(file, path, offset);
      if (text === "") return;
      // An agent says no bytes but text: what is no text must be had as a whole.
      if (text.includes(REPLACEMENT)) return yield* this.#download(file, path, offset);
      const bytes = new TextEncoder().encode(text);
      offset += bytes.length;
      yield bytes;
    }
  }

  /** Text from an offset on, without a character that is cut at the end. */
  async #chunk(file: SandboxFile, path: string, offset: number): Promise<string> {
    let text = "";
    for (let cut = 0; cut <= CUT_BYTES; cut++) {
      const query = { path, offset: String(offset), length: String(CHUNK_BYTES - cut) };
      const answer = await this.#json(await this.#get(file, "read", query));
      text = String(answer?.["data"] ?? "");
      if (!text.endsWith(REPLACEMENT)) return text;
    }
    return text;
  }

  #get(file: SandboxFile, endpoint: string, query: Record<string, string>): Promise<HttpAnswer> {
    const url = new URL(`/files/${endpoint}?${new URLSearchParams(query)}`, file.agentUrl);
    const headers = { ...this.#headers };
    return this.#client.request(url, {
      method: "GET",
      headers,
      idleTimeoutMs: AGENT_TIMEOUT_MS,
    });
  }

  /** Undefined for what is not there. */
  async #json(answer: HttpAnswer): Promise<Record<string, unknown> | undefined> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > MAX_FILES_ANSWER_BYTES) throw new RangeError("the agent's answer is too long");
      chunks.push(chunk);
    }
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Error(`the agent answers ${answer.status}`);
    return JSON.parse(await new Blob(chunks as BlobPart[]).text());
  }
}

/** The bytes at the start of a text that belong to a character before it. */
function cutCharacter(text: string): number {
  const cut = /^\ufffd{0,3}/.exec(text)?.[0] ?? "";
  return new TextEncoder().encode(cut).length;
}
