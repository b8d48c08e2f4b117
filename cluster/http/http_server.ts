/**
 * An HTTP server that can drop all its connections at once.
 *
 * @module
 */

import { BoundedServer, type ConnectionListener } from "../../http/bounded_server.ts";
import { textResponse } from "./http_responses.ts";

/** The listen address of a server, and its host name. */
export type ListenOptions =
  | { ip: string; port: number; hostname: string }
  | { socketPath: string };

/** Answers a request. An exception becomes a response 500. */
export type Handler = (request: Request) => Response | Promise<Response>;

export class HttpServer {
  readonly #server: BoundedServer;

  /**
   * Starts to listen.
   *
   * @param options The listen address. Port 0 picks a free port.
   * @param handler Answers requests.
   * @throws {Deno.errors.AddrInUse} when the address is in use.
   */
  constructor(options: ListenOptions, handler: Handler) {
    try {
      const listener = listen(options);
      this.#server = new BoundedServer(
        listener,
        (request) =>
          "socketPath" in options
            ? handler(request)
            : strangerError(request, options) ?? handler(request),
      );
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
      const place = "socketPath" in options ? options.socketPath : `${options.ip}:${options.port}`;
      const message = `Cannot listen on ${place}: Address already in use`;
      throw new Deno.errors.AddrInUse(message, { cause });
    }
  }

  get port(): number {
    return this.#server.port;
  }

  async drop(): Promise<void> {
    await this.#server.close();
  }
}

function listen(options: ListenOptions): ConnectionListener {
  if ("socketPath" in options) {
    return Deno.listen({ transport: "unix", path: options.socketPath });
  }
  return Deno.listen({ hostname: options.ip, port: options.port });
}

/**
 * The error response to a request of a web page. Its `Origin` is another server; if that server
 * makes the name of its page resolve to our address, `Host` still has that name.
 */
function strangerError(
  { url, headers }: Request,
  { ip, hostname }: { ip: string; hostname: string },
): Response | undefined {
  const own = new Set([ip, hostname, "localhost"]);
  const origin = headers.get("Origin");
  const names = [
    // The server puts what `Host` says into it as it came.
    URL.parse(url)?.hostname ?? "",
    URL.parse(`http://${headers.get("Host") ?? hostname}`)?.hostname ?? "",
    ...(origin === null ? [] : [URL.parse(origin)?.hostname ?? ""]),
  ];
  return names.every((name) => own.has(name))
    ? undefined
    : textResponse(403, "403 Forbidden. 'Host' or 'Origin' names another server.");
}
