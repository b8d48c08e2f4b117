/**
 * A client of a running scheduler.
 *
 * @module
 */

import { HttpClient } from "../http/http_client.ts";
import type { JobId } from "../job/job_id.ts";
import type { ControlAddress } from "../support/control_address.ts";
import { object, optional, readJson, text } from "../support/json_checks.ts";
import type {
  ControlJob,
  ControlJobWithHistory,
  ControlNode,
  ControlStatus,
  ControlUpdate,
  JobInput,
  JobsQuery,
  KilledJobs,
} from "./client_types.ts";

export type * from "./client_types.ts";
export type { JobId } from "../job/job_id.ts";
export type { AgentId, FrameworkId, TaskId } from "../mesos/ids.ts";
export { type ControlAddress, parseControlAddress } from "../support/control_address.ts";

/** How long one request waits for something to happen before the next one does. */
const POLL_SECONDS = 30;

const ENDED_HEADER = "toil-mesos-ended";

/** The scheduler has refused a request. */
export class ControlRequestError extends Error {
  /** The name of this class. */
  override readonly name = "ControlRequestError";
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Of HTTP. */
  readonly status: number;
  /** For programs: `invalid`, `notFound` … */
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly field: string | undefined;

  /**
   * A refusal.
   *
   * @param status Of HTTP.
   * @param refusal What the scheduler says.
   */
  constructor(
    status: number,
    refusal: { code: string; message: string; field?: string | undefined },
  ) {
    super(refusal.message);
    this.status = status;
    this.code = refusal.code;
    this.field = refusal.field;
    this.retryable = status >= 500;
  }
}

/** How to reach a scheduler. */
export interface ControlClientOptions {
  /** Where it listens. */
  readonly address: ControlAddress;
  /** The token, on TCP. */
  readonly token?: string | undefined;
}

interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Talks to a scheduler. Owns its connections until it is disposed of.
 *
 * @example Two jobs, and how they end
 * ```ts ignore
 * await using scheduler = new ControlClient({ address: { path: "/run/scheduler.sock" } });
 * const jobIDs = await scheduler.issueJobs([{ command: "true" }, { command: "false" }]);
 * for (const jobID of jobIDs) console.log((await scheduler.waitForJob(jobID)).exitStatus);
 * ```
 */
export class ControlClient implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #origin: string;
  readonly #headers: Record<string, string>;

  /**
   * Connects when it is used.
   *
   * @param options Where, and by which token.
   */
  constructor({ address, token }: ControlClientOptions) {
    const isSocket = "path" in address;
    this.#http = new HttpClient(isSocket ? { socketPath: address.path } : {});
    const host = isSocket
      ? "localhost"
      : address.hostname.includes(":")
      ? `[${address.hostname}]:${address.port}`
      : `${address.hostname}:${address.port}`;
    this.#origin = `http://${host}`;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#http.close();
  }

  /**
   * Issues jobs, all or none, and once however often the request has to be sent.
   *
   * @param options.updates false: their ends are kept in the history only, not in `updates`.
   * @param options.key Names the request, so that another process can repeat it.
   * @throws {ControlRequestError} when a job is wrong.
   */
  async issueJobs(
    jobs: readonly JobInput[],
    { updates = true, key = crypto.randomUUID() }: { updates?: boolean; key?: string } = {},
  ): Promise<JobId[]> {
    const headers = { "idempotency-key": key };
    const path = `/v1/jobs${updates ? "" : "?updates=false"}`;
    const answer = await this.#json<{ jobIDs: JobId[] }>(path, {
      method: "POST",
      body: jobs,
      headers,
    });
    return answer.jobIDs;
  }

  /** All jobs that a query selects, by ascending id. */
  async *jobs(query: JobsQuery = {}): AsyncGenerator<ControlJob, void, void> {
    for (let after: number | undefined = query.after ?? 0; after !== undefined;) {
      const page: { jobs: ControlJob[]; next?: number } = await this.#json(
        `/v1/jobs${queryText({ ...query, after })}`,
      );
      yield* page.jobs;
      after = page.next;
    }
  }

  /** The jobs that ended last, the last first. */
  async lastEnded(limit: number): Promise<ControlJob[]> {
    const page = await this.#json<{ jobs: ControlJob[] }>(`/v1/jobs?order=end&limit=${limit}`);
    return page.jobs;
  }

  /**
   * A job with its attempts.
   *
   * @throws {ControlRequestError} when it was never issued, or ended too long ago.
   */
  job(jobID: JobId): Promise<ControlJobWithHistory> {
    return this.#json(`/v1/jobs/${jobID}`);
  }

  /** A job once it has ended. */
  async waitForJob(jobID: JobId, signal?: AbortSignal): Promise<ControlJobWithHistory> {
    while (true) {
      const job = await this.#json<ControlJobWithHistory>(
        `/v1/jobs/${jobID}?wait=${POLL_SECONDS}`,
        { signal },
      );
      if (job.state === "ended") return job;
    }
  }

  /**
   * What a job has written.
   *
   * @param options.follow Continue until the job has ended.
   */
  async *output(
    jobID: JobId,
    stream: "stdout" | "stderr",
    { follow = false, signal }: { follow?: boolean; signal?: AbortSignal } = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    for (let offset = 0;;) {
      const wait = follow ? `&wait=${POLL_SECONDS}` : "";
      const path = `/v1/jobs/${jobID}/${stream}?offset=${offset}${wait}`;
      const { headers, body } = await this.#send(path, { signal });
      const before = offset;
      for await (const chunk of body) {
        offset += chunk.length;
        yield chunk;
      }
      if (!follow || (headers[ENDED_HEADER] === "true" && offset === before)) return;
    }
  }

  /** Kills jobs; resolves when they are dead. */
  killJobs(jobIDs: readonly JobId[]): Promise<KilledJobs> {
    return this.#json("/v1/jobs/kill", { method: "POST", body: { jobIDs } });
  }

  /** Jobs whose command runs: seconds by id. */
  async running(): Promise<Map<JobId, number>> {
    const running = await this.#json<Record<string, number>>("/v1/running");
    return new Map(Object.entries(running).map(([jobID, seconds]) => [Number(jobID), seconds]));
  }

  /**
   * The next jobs that have ended, each until it is acknowledged.
   *
   * @param options.acknowledged All updates up to this number have arrived.
   * @param options.waitSeconds How long to wait for the first.
   */
  async updates(
    { acknowledged, waitSeconds = 0, limit }: {
      acknowledged?: number;
      waitSeconds?: number;
      limit?: number;
    } = {},
  ): Promise<ControlUpdate[]> {
    const query = queryText({ ack: acknowledged, wait: waitSeconds, limit });
    return (await this.#json<{ updates: ControlUpdate[] }>(`/v1/updates${query}`)).updates;
  }

  /** The nodes. */
  async nodes(
    query: { preemptible?: boolean; timeout?: number } = {},
  ): Promise<ControlNode[]> {
    return (await this.#json<{ nodes: ControlNode[] }>(`/v1/nodes${queryText(query)}`)).nodes;
  }

  /** Sends no more jobs to a node, or sends them again; resolves to all nodes that get none. */
  async setIgnored(address: string, ignored: boolean): Promise<string[]> {
    const path = `/v1/nodes/${encodeURIComponent(address)}/ignored`;
    const method = ignored ? "PUT" : "DELETE";
    return (await this.#json<{ ignored: string[] }>(path, { method })).ignored;
  }

  /** The state of the scheduler. */
  status(): Promise<ControlStatus> {
    return this.#json("/v1/status");
  }

  /** Ends the scheduler; with `keepJobs` the next one takes its jobs over. */
  async shutDown({ keepJobs = false }: { keepJobs?: boolean } = {}): Promise<void> {
    await this.#json("/v1/shutdown", { method: "POST", body: { keepJobs } });
  }

  async #json<T>(path: string, request: Request = {}): Promise<T> {
    const { status, body } = await this.#send(path, request);
    const text = await textOf(body);
    try {
      return JSON.parse(text);
    } catch {
      throw strangeAnswer(status);
    }
  }

  async #send(path: string, { method = "GET", body, headers, signal }: Request) {
    const answer = await this.#http.request(new URL(path, this.#origin), {
      method,
      headers: { ...this.#headers, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      ...(signal ? { signal } : {}),
    });
    if (answer.status < 300) return answer;
    throw toRequestError(answer.status, await textOf(answer.body));
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

const refusalSchema = object({
  error: object({ code: text(), message: text(), field: optional(text()) }),
});

function toRequestError(status: number, body: string): ControlRequestError {
  const refusal = readJson(new TextEncoder().encode(body), refusalSchema);
  return refusal ? new ControlRequestError(status, refusal.error) : strangeAnswer(status);
}

/** Something else listens where the scheduler should. */
function strangeAnswer(status: number): ControlRequestError {
  const message = `Cannot read the answer: no scheduler listens there (HTTP ${status})`;
  return new ControlRequestError(status, { code: "unknown", message });
}

function queryText(query: Record<string, unknown>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]]
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
