/**
 * Files in sandboxes, read from their agents over HTTP.
 *
 * @see docs/endpoints/files/read.md in the Mesos documentation
 * @module
 */

import { z } from "zod";
import { beginningOf, HttpClient } from "../http/http_client.ts";

/** An agent that is silent for longer is not waited for. */
const ANSWER_TIMEOUT_MS = 10_000;

/** What an answer takes beside the text: each byte may be written as six. */
const MAX_OVERHEAD_BYTES = 1024;

const answerSchema = z.object({ data: z.string(), offset: z.number().nonnegative() });

/** The virtual path of a file in the sandbox of an executor's last run. */
export function sandboxPath(
  { frameworkId, executorId }: { frameworkId: string; executorId: string },
  file: string,
): string {
  return `/frameworks/${frameworkId}/executors/${executorId}/runs/latest/${file}`;
}

/** What is read from an agent. */
export interface AgentFile {
  /** Where the agent is: scheme, host and port. */
  readonly agentUrl: string;
  /** A virtual path. */
  readonly path: string;
}

/** How to read from agents. */
export interface AgentFilesOptions {
  /** PEM certificates to trust besides the usual ones. */
  readonly caCertificates?: string | undefined;
  /** For agents that let in only those who authenticate. @default {{}} */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads files of agents. Owns its connections until it is disposed of. */
export class AgentFiles implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  /** Has no connection yet. */
  constructor({ caCertificates, headers = {} }: AgentFilesOptions = {}) {
    this.#http = new HttpClient({ caCertificates });
    this.#headers = headers;
  }

  /**
   * Reads the last bytes of a file.
   *
   * @throws {HttpConnectionError} when the agent can't be reached.
   * @throws {Error} when it refuses, or its answer is none.
   */
  async readTail(file: AgentFile, maxBytes: number): Promise<string> {
    const { offset: size } = await this.#read(file, { offset: -1, length: 0 });
    if (size === 0) return "";
    const length = Math.min(size, maxBytes);
    return (await this.#read(file, { offset: size - length, length })).data;
  }

  /** Closes the connections; what is being read fails. */
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
