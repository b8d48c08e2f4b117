/**
 * What each operation does.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { z } from "zod";
import type { JobId } from "../job/job_id.ts";
import { variableProblem } from "../job/job_variables.ts";
import type { MesosBatchSystem } from "../scheduler/batch_system.ts";
import type { BatchJob } from "../scheduler/batch_job.ts";
import type { JobState, JobView } from "../scheduler/inspection.ts";
import { toBatchJob } from "../scheduler/job_schema.ts";
import { setLogLevel } from "../support/log.ts";
import {
  pageOf,
  toHistory,
  toJobAnswer,
  toJobWithHistory,
  toNodeAnswer,
  toShapeAnswer,
  toUpdateAnswer,
} from "./answers.ts";
import { conflict, invalid, notFound } from "./control_error.ts";
import { ENDPOINTS, type Operation } from "./endpoints.ts";
import type { EventFeed } from "./event_feed.ts";
import { type Metrics, METRICS_TYPE } from "./metrics.ts";
import type { JobOutput, Stream } from "./job_output.ts";
import { pageFile } from "./page/page_files.ts";
import { renderReport } from "./report/report_page.ts";
import type { RunRecorder } from "./report/run_recorder.ts";
import { bodyOf, type Call, jsonAnswer, queryOf } from "./router.ts";
import type * as schemas from "./schemas.ts";

/** A longer key is refused. */
const MAX_KEY_CHARACTERS = 200;

/** The most shapes in a status. */
const MAX_WAITING_SHAPES = 100;

/** How often an output is looked at that is waited for. */
const OUTPUT_POLL_MS = 200;

/** Says whether a job had ended when its output was read. */
export const ENDED_HEADER = "toil-mesos-ended";

/** What the API needs of a batch system. */
export type ControlledScheduler = Pick<
  MesosBatchSystem,
  | "failed"
  | "getRunningBatchJobIDs"
  | "getSchedulingStatusMessage"
  | "ignoreNode"
  | "inspection"
  | "issueBatchJobs"
  | "killBatchJobs"
  | "messageBus"
  | "nodeInUse"
  | "outputPaths"
  | "setEnv"
  | "unignoreNode"
  | "updates"
>;

/** What handlers work with. */
export interface HandlerOptions {
  /** Started, or about to be. */
  readonly scheduler: ControlledScheduler;
  /** What happens. */
  readonly events: EventFeed;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Of this program. */
  readonly version: string;
  /** Of the framework. */
  readonly name: string;
  /** What is counted. */
  readonly metrics: Pick<Metrics, "text">;
  /** What this run has done. */
  readonly recorder: RunRecorder;
  /** What jobs have written. */
  readonly output: Pick<JobOutput, "read">;
  /** Deploys a file or directory to every node. */
  readonly setUserScript: (script: { path: string } | { resource: string }) => Promise<void>;
  /** Ends the scheduler, soon. */
  readonly shutDown: (options: { keepJobs: boolean }) => void;
}

/** Does what calls want. */
export class Handlers {
  readonly #options: HandlerOptions;
  readonly #startedAtMs: number;
  readonly #handlers: Record<Operation, (call: Call) => Response | Promise<Response>> = {
    issueJobs: (call) => this.#issueJobs(call),
    listJobs: (call) => this.#listJobs(call),
    getJob: (call) => this.#getJob(call),
    readStandardOutput: (call) => this.#readOutput(call, "stdout"),
    readStandardError: (call) => this.#readOutput(call, "stderr"),
    killJobs: (call) => this.#killJobs(call),
    listRunning: () => this.#listRunning(),
    nextUpdates: (call) => this.#nextUpdates(call),
    listNodes: (call) => this.#listNodes(call),
    ignoreNode: (call) => this.#ignoreNode(call),
    unignoreNode: (call) => this.#unignoreNode(call),
    isNodeInUse: ({ path }) => this.#isNodeInUse(path["address"] ?? ""),
    setEnvironment: (call) => this.#setEnvironment(call),
    setUserScript: (call) => this.#setUserScript(call),
    getStatus: () => jsonAnswer(this.#status()),
    streamEvents: (call) => this.#streamEvents(call),
    setLogLevel: (call) => this.#setLogLevel(call),
    shutDown: (call) => this.#shutDown(call),
    getMetrics: () => {
      const headers = { "content-type": METRICS_TYPE, "cache-control": "no-store" };
      return new Response(this.#options.metrics.text(), { headers });
    },
    getHistory: () => jsonAnswer(toHistory(this.#options.recorder)),
    getReport: () => this.#report(),
    getPage: () => this.#pageFile("index.html"),
    getPageFile: ({ path }) => this.#pageFile(path["file"] ?? ""),
    getHealth: () => this.#health(),
  };

  /**
   * Handlers for a scheduler.
   *
   * @param options What they work with.
   */
  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
  }

  /**
   * Does what a call wants.
   *
   * @throws {ControlError} when it is refused.
   */
  async handle(call: Call): Promise<Response> {
    return await this.#handlers[call.operation](call);
  }

  async #issueJobs(call: Call): Promise<Response> {
    const { updates = true, firstJobID } = queryOf(ENDPOINTS.issueJobs, call);
    const descriptions = [await bodyOf(ENDPOINTS.issueJobs, call)].flat();
    const jobs: BatchJob[] = descriptions.map((each) =>
      toBatchJob(each, each.command.slice(0, 40))
    );
    const key = call.request.headers.get("idempotency-key");
    if (key === "" || (key ?? "").length > MAX_KEY_CHARACTERS) {
      throw invalid(`Idempotency-Key: expected 1 to ${MAX_KEY_CHARACTERS} characters`);
    }
    const request = key === null ? undefined : { key, digest: digestOf([updates, jobs]) };
    const { scheduler } = this.#options;
    const unreported = !updates;
    const jobIDs = await scheduler.issueBatchJobs(jobs, { unreported, request, firstJobID });
    if (jobs.length > 0 && jobIDs.length === 0) {
      throw conflict(`firstJobID: ${firstJobID} was given before; use a greater one`);
    }
    const { inspection } = scheduler;
    if (request && jobs.length > 0 && inspection.requestDigest(request.key) !== request.digest) {
      throw conflict(`Idempotency-Key: ${key} was sent before with other jobs; use another one`);
    }
    return jsonAnswer({ jobIDs });
  }

  #listJobs(call: Call): Response {
    const { state, after = 0, limit, search, order } = queryOf(ENDPOINTS.listJobs, call);
    const { inspection } = this.#options.scheduler;
    if (order === "end") {
      return jsonAnswer({ jobs: pageOf(inspection.lastEnded().map(toJobAnswer), limit).page });
    }
    const states = new Set<JobState>(state);
    const found = inspection.jobs({ states, after, search }).map(toJobAnswer);
    const { page: jobs, isCut } = pageOf(found, limit);
    return jsonAnswer({ jobs, next: isCut ? jobs.at(-1)?.jobID : undefined });
  }

  async #getJob(call: Call): Promise<Response> {
    const { wait = 0 } = queryOf(ENDPOINTS.getJob, call);
    return jsonAnswer(toJobWithHistory(await this.#findJob(call, wait)));
  }

  /** The output from an offset on; with a wait, what comes next, until the job has ended. */
  async #readOutput(call: Call, stream: Stream): Promise<Response> {
    const { offset, tail, wait = 0 } = queryOf(ENDPOINTS.readStandardOutput, call);
    const { output, now } = this.#options;
    const deadlineMs = now() + wait * 1000;
    while (true) {
      const remainingMs = deadlineMs - now();
      const job = await this.#findJob(call, Math.min(OUTPUT_POLL_MS, remainingMs) / 1000);
      const isOver = job.state === "ended" || remainingMs <= 0 || call.signal.aborted;
      const isWaiting = job.tasks.length === 0 && !isOver;
      const bytes = isWaiting ? undefined : await beginning(
        await output.read(job, stream, tail === undefined ? offset : -tail),
      );
      if (!bytes && !isOver) continue;
      const headers = {
        "content-type": "application/octet-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        [ENDED_HEADER]: String(job.state === "ended"),
      };
      return new Response(bytes ?? null, { headers });
    }
  }

  async #findJob({ path, signal }: Call, waitSeconds: number): Promise<JobView> {
    const { inspection } = this.#options.scheduler;
    const jobID = toJobID(path["jobID"] ?? "");
    const maxWaitMs = waitSeconds * 1000;
    const job = await inspection.waitForEnd(jobID, { maxWaitMs, signal });
    if (job) return job;
    throw inspection.wasIssued(jobID)
      ? notFound(`Cannot find job ${jobID}: it ended too long ago`, "jobID")
      : notFound(`Cannot find job ${jobID}: it was never issued`, "jobID");
  }

  async #killJobs(call: Call): Promise<Response> {
    const { jobIDs } = await bodyOf(ENDPOINTS.killJobs, call);
    const { scheduler } = this.#options;
    const { inspection } = scheduler;
    const unique = [...new Set(jobIDs)];
    const unknown = unique.filter((jobID) => !inspection.wasIssued(jobID));
    const alive = new Set(unique.filter((jobID) => inspection.isAlive(jobID)));
    // The results of the others are still to be delivered.
    const { unconfirmed } = await scheduler.killBatchJobs([...alive]);
    const isUnconfirmed = new Set(unconfirmed);
    return jsonAnswer({
      killed: [...alive].filter((jobID) => !isUnconfirmed.has(jobID)),
      ended: unique.filter((jobID) => !alive.has(jobID) && inspection.wasIssued(jobID)),
      unknown,
      unconfirmed,
    });
  }

  #listRunning(): Response {
    return jsonAnswer(Object.fromEntries(this.#options.scheduler.getRunningBatchJobIDs()));
  }

  async #nextUpdates(call: Call): Promise<Response> {
    const { wait = 0, ack, limit } = queryOf(ENDPOINTS.nextUpdates, call);
    const { updates } = this.#options.scheduler;
    if (ack !== undefined) {
      await updates.acknowledge(ack).catch((error) => {
        throw error instanceof RangeError ? invalid(error.message, "ack") : error;
      });
    }
    const maxWaitMs = wait * 1000;
    const next = await updates.next({ limit, maxWaitMs, signal: call.signal });
    return jsonAnswer({ updates: pageOf(next.map(toUpdateAnswer), limit).page });
  }

  #listNodes(call: Call): Response {
    const { preemptible, timeout } = queryOf(ENDPOINTS.listNodes, call);
    const seenWithinMs = timeout === undefined ? undefined : timeout * 1000;
    const nodes = this.#options.scheduler.inspection.nodes({ preemptible, seenWithinMs });
    return jsonAnswer({ nodes: nodes.map(toNodeAnswer) });
  }

  async #ignoreNode({ path }: Call): Promise<Response> {
    const { scheduler } = this.#options;
    await scheduler.ignoreNode(path["address"] ?? "");
    return jsonAnswer({ ignored: scheduler.inspection.ignoredNodes });
  }

  async #unignoreNode(call: Call): Promise<Response> {
    const { scheduler } = this.#options;
    const { rest = 0 } = queryOf(ENDPOINTS.unignoreNode, call);
    await scheduler.unignoreNode(call.path["address"] ?? "", { restMs: rest * 1000 });
    return jsonAnswer({ ignored: scheduler.inspection.ignoredNodes });
  }

  #isNodeInUse(address: string): Response {
    return jsonAnswer({ inUse: this.#options.scheduler.nodeInUse(address) });
  }

  async #setEnvironment(call: Call): Promise<Response> {
    const name = call.path["name"] ?? "";
    const { value } = await bodyOf(ENDPOINTS.setEnvironment, call);
    const problem = variableProblem(name, value ?? "");
    if (problem !== undefined) throw invalid(`Cannot set ${name}: it ${problem}`);
    try {
      this.#options.scheduler.setEnv(name, value);
    } catch (error) {
      // It is not set here, or can't be passed on.
      const isInput = error instanceof ReferenceError || error instanceof TypeError;
      throw isInput ? invalid(error.message, "value") : error;
    }
    return jsonAnswer({});
  }

  async #setUserScript(call: Call): Promise<Response> {
    await this.#options.setUserScript(await bodyOf(ENDPOINTS.setUserScript, call));
    return jsonAnswer({});
  }

  #status(): z.input<typeof schemas.status> {
    const { scheduler, now, version, name } = this.#options;
    const { inspection } = scheduler;
    return {
      version,
      name,
      frameworkId: inspection.frameworkId,
      connected: inspection.connected,
      stopping: inspection.stopping,
      startedAtMs: this.#startedAtMs,
      nowMs: now(),
      jobs: inspection.counts(),
      nodes: inspection.nodes({}).length,
      ignoredNodes: [...inspection.ignoredNodes],
      pendingUpdates: scheduler.updates.pending,
      waiting: inspection.waitingShapes(MAX_WAITING_SHAPES).map(toShapeAnswer),
      message: scheduler.getSchedulingStatusMessage() ?? "",
    };
  }

  #streamEvents(call: Call): Response {
    const { since } = queryOf(ENDPOINTS.streamEvents, call);
    const lastEventId = call.request.headers.get("last-event-id") ?? since;
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return new Response(this.#options.events.stream(lastEventId), { headers });
  }

  async #setLogLevel(call: Call): Promise<Response> {
    const { level } = await bodyOf(ENDPOINTS.setLogLevel, call);
    setLogLevel(level);
    return jsonAnswer({});
  }

  async #shutDown(call: Call): Promise<Response> {
    const { keepJobs } = await bodyOf(ENDPOINTS.shutDown, call);
    this.#options.shutDown({ keepJobs });
    return jsonAnswer({}, 202);
  }

  #report(): Response {
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": "sandbox; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    };
    return new Response(renderReport(this.#options.recorder, this.#options), { headers });
  }

  #pageFile(name: string): Response {
    const found = pageFile(name);
    if (!found) throw notFound(`Cannot find /page/${name}`);
    return found;
  }

  #health(): Response {
    const { connected, stopping } = this.#options.scheduler.inspection;
    const status = stopping ? "stopping" : connected ? "ok" : "disconnected";
    return jsonAnswer({ status }, status === "ok" ? 200 : 503);
  }
}

/** The bytes as a stream; undefined when there are none. */
async function beginning(
  bytes: AsyncIterable<Uint8Array>,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return undefined;
  return ReadableStream.from((async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })());
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function toJobID(text: string): JobId {
  const jobID = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(jobID)) return jobID;
  throw invalid(`Cannot find job ${text}: an id is a whole number from 1 to 2^53 - 1`, "jobID");
}
