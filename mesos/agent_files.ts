/**
 * Reads files in sandboxes from their agents over HTTP.
 *
 * @see docs/endpoints/files/read.md in the Mesos documentation
 * @module
 */

import { z } from "zod";
import { beginningOf, HttpClient } from "../http/http_client.ts";

/** How long an agent may take to answer. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The overhead of a response beside the text, of which each byte may be escaped as six. */
const MAX_OVERHEAD_BYTES = 1024;

const answerSchema = z.object({ data: z.string(), offset: z.number().nonnegative() });

/** The virtual path of a file in the sandbox of an executor's last run. */
export function sandboxPath(
  { frameworkId, executorId }: { frameworkId: string; executorId: string },
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
   * Reads the last bytes of a file.
   *
   * @throws {HttpConnectionError} when the agent can't be reached.
   * @throws {Error} when the agent refuses, or its response is invalid.
   */
  async readTail(file: AgentFile, maxBytes: number): Promise<string> {
    const { offset: size } = await this.#read(file, { offset: -1, length: 0 });
    if (size === 0) return "";
    const length = Math.min(size, maxBytes);
    return (await this.#read(file, { offset: size - length, length })).data;
  }

  /** Closes the connections; pending reads fail. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#http.close();
  }

  async #read(
    { agentUrl, path }: AgentFile,
    { offset, length }: { offset: number; length: number },
  ): Promise<z.infer<typeof answerSchema>> {
    const url = new URL("/files/read", agentUrl);
    url.searchParams.set("path", path);
    url.searchParams.set("offset", String(offset));
    if (offset >= 0) url.searchParams.set("length", String(length));
    const answer = await this.#http.request(url, {
      method: "GET",
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body = await beginningOf(answer.body, 6 * length + MAX_OVERHEAD_BYTES);
    if (answer.status !== 200) throw new Error(`Cannot read ${path}: HTTP ${answer.status}`);
    return answerSchema.parse(JSON.parse(body));
  }
}
