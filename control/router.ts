/**
 * From a request to the operation that it means and what it holds, checked, and from errors to
 * answers.
 *
 * @module
 */

import type { z } from "zod";
import { RequestBodyError } from "../http/request_body.ts";
import { concatenated } from "../support/bytes.ts";
import { asError } from "../support/reason.ts";
import { describeIssues, explainIssue } from "../scheduler/job_schema.ts";
import { InsufficientSystemResources } from "../scheduler/core/requirements.ts";
import { getLogger } from "../support/log.ts";
import { ControlError, invalid } from "./control_error.ts";
import { type Endpoint, ENDPOINTS, type Operation } from "./endpoints.ts";
import { findBadKey } from "../support/json_keys.ts";

const log = getLogger("control");

/** A larger body is refused: that of some hundred thousand jobs. */
export const MAX_BODY_BYTES: number = 64 * 2 ** 20;

/** A request whose operation is known. */
export interface Call {
  /** What is wanted. */
  readonly operation: Operation;
  /** The words of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The request; its body is read by `bodyOf`. */
  readonly request: Request;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

interface Route {
  readonly operation: Operation;
  readonly endpoint: Endpoint;
  readonly words: readonly string[];
}

const ROUTES: readonly Route[] = Object.entries(ENDPOINTS)
  .flatMap(([operation, endpoint]) =>
    isOperation(operation) ? [{ operation, endpoint, words: endpoint.path.split("/") }] : []
  )
  // Words before names: /v1/jobs/kill is not a job.
  .sort((a, b) => Number(a.endpoint.path.includes("{")) - Number(b.endpoint.path.includes("{")));

function isOperation(name: string): name is Operation {
  return name in ENDPOINTS;
}

/**
 * Finds the operation that a request means.
 *
 * @throws {ControlError} 404 or 405 when there is none.
 */
export function findOperation(method: string, pathname: string): {
  operation: Operation;
  path: Record<string, string>;
} {
  const given = pathname.split("/");
  const matching = ROUTES.flatMap((route) => {
    const path = matchWords(route.words, given);
    return path ? [{ ...route, path }] : [];
  });
  const found = matching.find(({ endpoint }) => endpoint.method === method);
  if (found) return found;
  if (matching.length === 0) {
    throw new ControlError(404, "notFound", { message: `Cannot find ${pathname}` });
  }
  const allowed = matching.map(({ endpoint }) => endpoint.method).join(", ");
  const message = `Cannot ${method} ${pathname}: only ${allowed}`;
  throw new ControlError(405, "methodNotAllowed", { message });
}

function matchWords(
  words: readonly string[],
  given: readonly string[],
): Record<string, string> | undefined {
  if (words.length !== given.length) return undefined;
  const path: Record<string, string> = {};
  for (const [i, word] of words.entries()) {
    const part = given[i] ?? "";
    if (!word.startsWith("{")) {
      if (word !== part) return undefined;
      continue;
    }
    if (part === "") return undefined;
    path[word.slice(1, -1)] = decode(part);
  }
  return path;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`Cannot read "${part}" in the path: wrong percent-encoding`);
  }
}

/**
 * The query of a call, as the endpoint's schema has it.
 *
 * @throws {ControlError} 400, naming the field that is wrong.
 */
export function queryOf<Schema extends z.ZodType>(
  { query }: { readonly query: Schema },
  { request }: Call,
): z.output<Schema> {
  const given = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (given.has(name)) throw invalid(`Cannot read the query: ${name} is given twice`, name);
    given.set(name, value);
  }
  return check(query, Object.fromEntries(given), "the query");
}

/**
 * Reads the body of a call, as the endpoint's schema has it.
 *
 * @throws {ControlError} 400 or 413, naming the field that is wrong.
 */
export async function bodyOf<Schema extends z.ZodType>(
  endpoint: {
    readonly body: Schema;
    readonly plainBody?: (json: unknown) => z.output<Schema> | undefined;
    readonly bodyIsOptional?: boolean;
  },
  { request }: Call,
): Promise<z.output<Schema>> {
  const json = await readJson(request, endpoint);
  return endpoint.plainBody?.(json) ?? check(endpoint.body, json, "the body");
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  where: string,
): z.output<Schema> {
  const parsed = schema.safeParse(given, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const { error } = parsed;
  // A union has the issues of its members one level down.
  const [issue] = error.issues;
  const inner = issue?.code === "invalid_union" ? issue.errors : [];
  const nearest = inner[Array.isArray(given) ? inner.length - 1 : 0];
  const issues = nearest ?? error.issues;
  const first = issues[0];
  const field = first?.code === "unrecognized_keys" ? first.keys[0] : first?.path.join(".");
  throw invalid(`Cannot read ${where}: ${describeIssues({ issues })}`, field || undefined);
}

async function readJson(
  request: Request,
  { bodyIsOptional }: { readonly bodyIsOptional?: boolean },
): Promise<unknown> {
  const bytes = await readBody(request);
  if (bytes.length === 0 && bodyIsOptional) return {};
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("Cannot read the body: it is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = asError(error).message;
    throw invalid(`Cannot read the body: it is not JSON: ${reason}`);
  }
  const badKey = findBadKey(text);
  if (badKey) throw invalid(`Cannot read the body: ${badKey}`);
  return value;
}

async function readBody(request: Request): Promise<Uint8Array> {
  const tooLarge = () =>
    new ControlError(413, "tooLarge", {
      message: `Cannot read the body: it is larger than ${MAX_BODY_BYTES} bytes; send several`,
    });
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return concatenated(chunks);
}

/** An answer in JSON. */
export function jsonAnswer(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "cache-control": "no-store" } });
}

/** What is answered when a request has failed. */
export function refuse(error: unknown): Response {
  const refusal = toControlError(error);
  const { status, code, message, field } = refusal;
  const answer = jsonAnswer({ error: { code, message, ...(field ? { field } : {}) } }, status);
  if (status === 401) answer.headers.set("www-authenticate", "Bearer");
  return answer;
}

function toControlError(error: unknown): ControlError {
  if (error instanceof ControlError) return error;
  if (error instanceof RequestBodyError) return invalid(`Cannot read the body: ${error.message}`);
  if (error instanceof InsufficientSystemResources) {
    return invalid(error.message, error.resource);
  }
  log.error("Cannot answer a request: {error}", { error });
  const message = error instanceof Error ? error.message : String(error);
  return new ControlError(500, "internal", { message, cause: error });
}
