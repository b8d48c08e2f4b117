/**
 * The agent's end of the link to its master: registers, receives messages, and sends them in order.
 *
 * @module
 */

import { JSON_TYPE } from "../../mesos/wire/codec.ts";
import { Backoff, sleep } from "../../mesos/http/backoff.ts";
import { beginningOf, type HttpAnswer, HttpClient } from "../../http/http_client.ts";
import { authorization, type Credential } from "../../mesos/http/credential.ts";
import type { AgentId } from "../../mesos/ids.ts";
import { RecordIoDecoder } from "../../mesos/wire/recordio.ts";
import { getLogger } from "../../support/log.ts";
import {
  type AgentMessage,
  AGENTS_PATH,
  LINK_HEADER,
  type MasterMessage,
  masterMessage,
  readJson,
  type Registration,
} from "../protocol/agent_protocol.ts";
import { ProblemLog } from "../problem_log.ts";
import { encodeJson } from "../protocol/json.ts";

/** The longest wait between two attempts, as in Mesos. */
const MAX_BACKOFF_MS = 60_000;

/** The bound of the send queue; beyond it, the master no longer reads. */
const MAX_UNSENT_MESSAGES = 100_000;

const MAX_BATCH = 500;

/** How many consecutive attempts may fail before a warning. */
const FAILURES_BEFORE_WARNING = 3;

export interface MasterConnectionOptions {
  master: URL;
  /** Upper bound of the first backoff between registration attempts, in milliseconds. */
  registrationBackoffMs: number;
  credential: Credential | undefined;
  registration: () => Registration;
  onMessage: (message: MasterMessage) => void;
  onLost: () => void;
}

interface Link {
  id: AgentId;
  unsent: AgentMessage[];
  sending: boolean;
  signal: AbortSignal;
}

export class MasterConnection {
  readonly #options: MasterConnectionOptions;
  readonly #client: HttpClient;
  readonly #backoff: Backoff;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ended = new AbortController();
  readonly #log = getLogger("cluster");
  readonly #problems = new ProblemLog();
  #failures = 0;
  #attempt: AbortController | undefined;
  #link: Link | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MasterConnectionOptions) {
    this.#options = options;
    this.#client = new HttpClient();
    this.#headers = { ...authorization(options.credential), "Content-Type": JSON_TYPE };
    this.#backoff = new Backoff({
      baseMs: options.registrationBackoffMs,
      maxMs: MAX_BACKOFF_MS,
    });
  }

  /** Registers; drops an earlier link first and backs off. */
  register(): void {
    const first = this.#attempt === undefined;
    this.#attempt?.abort();
    this.#link = undefined;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#running = this.#running.then(() => this.#run(attempt.signal, first));
  }

  /** Sends a message to the master; drops it while there is no link. */
  tell(message: AgentMessage): void {
    const link = this.#link;
    if (!link) return;
    link.unsent.push(message);
    if (link.unsent.length > MAX_UNSENT_MESSAGES) return this.#lose(link);
    if (!link.sending) this.#send(link);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#client.close();
    await this.#running;
  }

  async #run(attempt: AbortSignal, first: boolean): Promise<void> {
    const signal = AbortSignal.any([attempt, this.#ended.signal]);
    if (!first) await sleep(this.#backoff.next(), signal);
    while (!signal.aborted) {
      try {
        await this.#connect(signal);
      } catch (error) {
        if (!signal.aborted) this.#failed(error);
      }
      if (!signal.aborted) await sleep(this.#backoff.next(), signal);
    }
  }

  get #problem(): string {
    return `Cannot register an agent with the master at ${this.#options.master.origin}`;
  }

  #failed(error: unknown): void {
    const problem = this.#problem;
    const advice =
      "Check that the master is running and uses the same secret; the agent keeps retrying";
    if (++this.#failures >= FAILURES_BEFORE_WARNING) {
      this.#problems.warn({ problem, advice }, error);
    } else this.#log.debug("{problem}: {error}", { problem, error });
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { master, registration } = this.#options;
    const answer = await this.#client.request(new URL(AGENTS_PATH, master), {
      method: "POST",
      headers: this.#headers,
      body: encodeJson(registration()),
      signal,
      dedicated: true,
    });
    const id = answer.headers[LINK_HEADER.toLowerCase()];
    if (answer.status !== 200 || id === undefined) {
      throw new Error(`Cannot register: HTTP ${answer.status} ${await beginningOf(answer.body)}`);
    }
    const link: Link = { id, unsent: [], sending: false, signal };
    this.#link = link;
    this.#failures = 0;
    this.#problems.solved({ problem: this.#problem });
    const linkedAt = performance.now();
    try {
      await this.#listen(answer);
    } finally {
      this.#backoff.succeeded(performance.now() - linkedAt);
      this.#lose(link);
    }
  }

  async #listen(answer: HttpAnswer): Promise<void> {
    const decoder = new RecordIoDecoder();
    for await (const chunk of answer.body) {
      for (const record of decoder.push(chunk)) {
        this.#options.onMessage(readJson(record, masterMessage));
      }
    }
  }

  /** Reports the loss of a link once, unless it was closed on purpose. */
  #lose(link: Link): void {
    if (this.#link !== link || this.#ended.signal.aborted) return;
    this.#link = undefined;
    this.#options.onLost();
  }

  async #send(link: Link): Promise<void> {
    link.sending = true;
    try {
      while (link.unsent.length > 0 && this.#link === link) {
        const batch = link.unsent.splice(0, MAX_BATCH);
        const url = new URL(`${AGENTS_PATH}/${link.id}`, this.#options.master);
        const answer = await this.#client.request(url, {
          method: "POST",
          headers: this.#headers,
          body: encodeJson(batch),
          signal: link.signal,
        });
        await beginningOf(answer.body);
        if (answer.status !== 202) throw new Error(`HTTP ${answer.status}`);
      }
    } catch (error) {
      if (!link.signal.aborted) this.#log.debug("Cannot send to the master: {error}", { error });
      this.#lose(link);
    } finally {
      link.sending = false;
    }
  }
}
