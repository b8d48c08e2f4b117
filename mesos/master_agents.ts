/**
 * Which agents a master has, whether or not it offers them.
 *
 * @see docs/endpoints/master/slaves.md in the Mesos documentation
 * @module
 */

import { z } from "zod";
import { beginningOf, HttpClient } from "../http/http_client.ts";

/** How long a master may take to answer. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The longest list that is read. */
const MAX_AGENTS_BYTES = 32 * 2 ** 20;

const answerSchema = z.object({
  slaves: z.array(z.object({
    hostname: z.string(),
    active: z.boolean().default(true),
    resources: z.object({ gpus: z.number().default(0) }).default({ gpus: 0 }),
  })),
});

/** An agent that has registered with a master. */
export interface RegisteredAgent {
  /** Its host name. */
  readonly hostname: string;
  /** Whether the master may offer it. */
  readonly isActive: boolean;
  /** How many GPUs it has. */
  readonly gpus: number;
}

/** Asks masters for their agents. Owns its connections until disposed. */
export class MasterAgents implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * Opens no connection yet.
   *
   * @param options.caCertificates PEM certificates to trust besides those of the system.
   * @param options.headers Headers of each request, for masters that require authentication.
   */
  constructor({ caCertificates, headers = {} }: {
    caCertificates?: string | undefined;
    headers?: Readonly<Record<string, string>>;
  } = {}) {
    this.#http = new HttpClient({ caCertificates });
    this.#headers = headers;
  }

  /**
   * The agents of a master.
   *
   * @param master Any URL of the leading master.
   * @throws {HttpConnectionError} when the master can't be reached.
   * @throws {Error} when it refuses, or its response is invalid.
   */
  async list(master: URL): Promise<RegisteredAgent[]> {
    const url = new URL("/slaves", master);
    const answer = await this.#http.request(url, {
      method: "GET",
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const body = await beginningOf(answer.body, MAX_AGENTS_BYTES);
    if (answer.status !== 200) throw new Error(`Cannot read ${url}: HTTP ${answer.status}`);
    return answerSchema.parse(JSON.parse(body)).slaves.map(({ hostname, active, resources }) => ({
      hostname,
      isActive: active,
      gpus: resources.gpus,
    }));
  }

  /** Closes the connections; pending requests fail. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#http.close();
  }
}
