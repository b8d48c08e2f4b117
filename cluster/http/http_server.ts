/**
 * The HTTP server of a master or an agent: who may ask, and what answers.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { BoundedServer } from "../../http/bounded_server.ts";
import type { RequestHandler, ServerAnswer, ServerRequest } from "../../http/request_handler.ts";
import { authorization, type Credential } from "../../mesos/http/credential.ts";
import {
  jsonAnswer,
  MESOS_VERSION,
  notFound,
  OK,
  Refusal,
  unauthorized,
} from "./http_responses.ts";

/** The listen address of a server, and its host name. */
export interface ListenOptions {
  ip: string;
  port: number;
  hostname: string;
}

/** Answers the requests to a path. */
export interface Route {
  /** Requests need the credential; this names what they ask for. */
  readonly realm?: string;
  /** Other methods are refused. */
  readonly method?: "POST";
  /** Answers a request; throws a {@linkcode Refusal} for one that is not valid. */
  readonly answer: (
    request: ServerRequest,
    rest: string,
  ) => ServerAnswer | Promise<ServerAnswer>;
}

export interface Site {
  /** What Mesos allows before all paths, such as `/master`. */
  readonly prefix: string;
  readonly credential: Credential | undefined;
  /** By path; one that ends in `/` is for all paths that begin with it. */
  readonly routes: Readonly<Record<string, Route>>;
}

/** What every process of Mesos says of itself. */
const COMMON_ROUTES: Site["routes"] = {
  "/health": { answer: () => OK },
  "/version": { answer: () => jsonAnswer({ version: MESOS_VERSION }) },
};

/**
 * Starts a server on TCP.
 *
 * @throws {Deno.errors.AddrInUse} when the address is in use.
 */
export function serveSite(address: ListenOptions, site: Site): BoundedServer {
  const routes = { ...COMMON_ROUTES, ...site.routes };
  try {
    return new BoundedServer(
      Deno.listen({ hostname: address.ip, port: address.port }),
      refusing((request) => {
        refuseStrangers(request, address);
        return answer(request, { ...site, routes });
      }),
    );
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    const message = `Cannot listen on ${address.ip}:${address.port}: Address already in use`;
    throw new Deno.errors.AddrInUse(message, { cause });
  }
}

/**
 * Starts a server on a Unix socket. It serves one path, and refuses all others, even the same one
 * without the prefix.
 */
export function serveOnSocket(socketPath: string, site: Site, path: string): BoundedServer {
  const handler = refusing((request) => {
    if (decodePath(request.url.pathname) !== path) throw new Refusal(403, "");
    return answer(request, site);
  });
  return new BoundedServer(Deno.listen({ transport: "unix", path: socketPath }), handler);
}

/** Makes answers of refusals. */
function refusing(handler: RequestHandler): RequestHandler {
  return async (request) => {
    try {
      return await handler(request);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };
}

function answer(request: ServerRequest, { prefix, credential, routes }: Site) {
  const whole = decodePath(request.url.pathname);
  const path = whole.startsWith(`${prefix}/`) ? whole.slice(prefix.length) : whole;
  const name = path in routes
    ? path
    : Object.keys(routes).find((name) => name.endsWith("/") && path.startsWith(name)) ?? "";
  const route = routes[name];
  if (!route) throw notFound();
  const { realm, method = request.method } = route;
  if (realm !== undefined && credential && !proves(request, credential)) {
    throw unauthorized(`Basic realm="${realm}"`);
  }
  if (request.method !== method) {
    const text = `405 Method Not Allowed. Expecting one of { '${method}' }` +
      `, but received '${request.method}'.`;
    throw new Refusal(405, text, { Allow: method });
  }
  return route.answer(request, path.slice(name.length));
}

/** The decoded path; unchanged when an escape is malformed. */
function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** Compares in a time that does not depend on how much of the credential is right. */
function proves({ headers }: ServerRequest, credential: Credential): boolean {
  const encoder = new TextEncoder();
  const given = encoder.encode(headers["authorization"]);
  const expected = encoder.encode(authorization(credential)["Authorization"]);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * Refuses requests of web pages. Their `Origin` is another server; if that server makes the name of
 * its page resolve to our address, `Host` still has that name.
 */
function refuseStrangers({ url, headers }: ServerRequest, { ip, hostname }: ListenOptions): void {
  const own = [ip, hostname, "localhost"];
  const { origin, host } = headers;
  const names = [
    // Of the target, which may name a host itself.
    url.hostname,
    ...(host === undefined || host === url.host ? [] : [URL.parse(`http://${host}`)?.hostname]),
    ...(origin === undefined ? [] : [URL.parse(origin)?.hostname]),
  ];
  if (names.every((name) => own.includes(name ?? ""))) return;
  throw new Refusal(403, "403 Forbidden. 'Host' or 'Origin' names another server.");
}
