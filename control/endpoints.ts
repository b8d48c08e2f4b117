/**
 * All endpoints of the control API: method, path, and the schemas of what goes in and comes out.
 *
 * @module
 */

import type { z } from "zod";
import { plainJobs } from "../scheduler/plain_job.ts";
import * as schemas from "./schemas.ts";

/** An endpoint. */
export interface Endpoint {
  /** Of HTTP. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `{name}` stands for a word. */
  readonly path: string;
  /** One line for people. */
  readonly summary: string;
  /** What may be in the query. */
  readonly query?: z.ZodType;
  /** The body; absent where none is read. */
  readonly body?: z.ZodType;
  /** Checks bodies of which there is much to check faster than the schema, or leaves them to it. */
  readonly plainBody?: (json: unknown) => unknown;
  /** Whether a request without a body is one with `{}`. */
  readonly bodyIsOptional?: boolean;
  /** The answer, or its type if it is not JSON. */
  readonly answer: z.ZodType | string;
  /** Headers that mean something. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is answered without a token. */
  readonly isOpen?: boolean;
}

/** The endpoints by the names of their operations. */
export const ENDPOINTS = {
  issueJobs: {
    method: "POST",
    path: "/v1/jobs",
    summary: "Issues a job or an array of jobs, all or none; they are stored before the answer.",
    query: schemas.issueQuery,
    body: schemas.issueBody,
    plainBody: plainJobs,
    answer: schemas.issuedJobs,
    headers: {
      "Idempotency-Key":
        "The same request with the same key issues nothing twice, also after a restart.",
    },
  },
  listJobs: {
    method: "GET",
    path: "/v1/jobs",
    summary: "Lists jobs by ascending id.",
    query: schemas.jobsQuery,
    answer: schemas.jobList,
  },
  getJob: {
    method: "GET",
    path: "/v1/jobs/{jobID}",
    summary: "Gives a job with its attempts, or waits for its end.",
    query: schemas.jobQuery,
    answer: schemas.jobWithHistory,
  },
  readStandardOutput: {
    method: "GET",
    path: "/v1/jobs/{jobID}/stdout",
    summary: "Gives what a job has written to standard output.",
    query: schemas.outputQuery,
    answer: "application/octet-stream",
  },
  readStandardError: {
    method: "GET",
    path: "/v1/jobs/{jobID}/stderr",
    summary: "Gives what a job has written to standard error.",
    query: schemas.outputQuery,
    answer: "application/octet-stream",
  },
  killJobs: {
    method: "POST",
    path: "/v1/jobs/kill",
    summary: "Kills jobs; answers when they are dead.",
    body: schemas.killBody,
    answer: schemas.killedJobs,
  },
  listRunning: {
    method: "GET",
    path: "/v1/running",
    summary: "Gives the jobs whose command runs, and for how many seconds.",
    answer: schemas.running,
  },
  nextUpdates: {
    method: "GET",
    path: "/v1/updates",
    summary: "Gives the next jobs that have ended, each until it is acknowledged.",
    query: schemas.updatesQuery,
    answer: schemas.updateList,
  },
  listNodes: {
    method: "GET",
    path: "/v1/nodes",
    summary: "Lists the nodes.",
    query: schemas.nodesQuery,
    answer: schemas.nodeList,
  },
  ignoreNode: {
    method: "PUT",
    path: "/v1/nodes/{address}/ignored",
    summary: "Sends no more jobs to a node; those that run there are left alone.",
    answer: schemas.ignoredNodes,
  },
  unignoreNode: {
    method: "DELETE",
    path: "/v1/nodes/{address}/ignored",
    summary: "Sends jobs to a node again.",
    query: schemas.unignoreQuery,
    answer: schemas.ignoredNodes,
  },
  isNodeInUse: {
    method: "GET",
    path: "/v1/nodes/{address}/in-use",
    summary: "Says whether any job is on a node.",
    answer: schemas.inUse,
  },
  setEnvironment: {
    method: "PUT",
    path: "/v1/env/{name}",
    summary: "Sets a variable for all jobs that are issued from now on.",
    body: schemas.environmentBody,
    bodyIsOptional: true,
    answer: schemas.nothing,
  },
  setUserScript: {
    method: "PUT",
    path: "/v1/user-script",
    summary: "Deploys a file or directory to every node, before the first job is issued.",
    body: schemas.userScriptBody,
    answer: schemas.nothing,
  },
  getStatus: {
    method: "GET",
    path: "/v1/status",
    summary: "Gives the state of the scheduler: counts, and what waits for what.",
    answer: schemas.status,
  },
  streamEvents: {
    method: "GET",
    path: "/v1/events",
    summary: "Sends what happens, as server-sent events; `reset` says that some were missed.",
    query: schemas.eventsQuery,
    answer: "text/event-stream",
    headers: { "Last-Event-ID": "Continue after this event." },
  },
  setLogLevel: {
    method: "PUT",
    path: "/v1/log-level",
    summary: "Changes the log level of the scheduler.",
    body: schemas.logLevelBody,
    answer: schemas.nothing,
  },
  shutDown: {
    method: "POST",
    path: "/v1/shutdown",
    summary: "Ends the scheduler; answers at once.",
    body: schemas.shutdownBody,
    bodyIsOptional: true,
    answer: schemas.nothing,
  },
  getMetrics: {
    method: "GET",
    path: "/metrics",
    summary: "Gives the metrics in the text format of Prometheus.",
    answer: "text/plain",
  },
  getHistory: {
    method: "GET",
    path: "/v1/history",
    summary: "Gives what this run has done so far: jobs over time, and the last failures.",
    answer: schemas.history,
  },
  getReport: {
    method: "GET",
    path: "/v1/report",
    summary: "Gives a report on this run so far: an HTML page that needs nothing else.",
    answer: "text/html",
  },
  getPage: {
    method: "GET",
    path: "/",
    summary: "Gives the page that shows the scheduler in a browser.",
    answer: "text/html",
    isOpen: true,
  },
  getPageFile: {
    method: "GET",
    path: "/page/{file}",
    summary: "Gives a script or style sheet of the page.",
    answer: "text/plain",
    isOpen: true,
  },
  getHealth: {
    method: "GET",
    path: "/healthz",
    summary: "Says whether the scheduler works: 200, or 503 without Mesos.",
    answer: schemas.health,
    isOpen: true,
  },
} as const satisfies Record<string, Endpoint>;

/** The name of an endpoint. */
export type Operation = keyof typeof ENDPOINTS;
