/**
 * The control API of a scheduler.
 *
 * @module
 */

import { getLogger } from "../support/log.ts";
import { AgentFiles, type AgentFilesOptions } from "../mesos/agent_files.ts";
import { checkOrigin, checkToken } from "./access.ts";
import { type Endpoint, ENDPOINTS } from "./endpoints.ts";
import { EventFeed } from "./event_feed.ts";
import { type HandlerOptions, Handlers } from "./handlers.ts";
import type { ControlAddress } from "../support/control_address.ts";
import { listen, type Listening } from "./listener.ts";
import { JobOutput } from "./job_output.ts";
import { Metrics } from "./metrics.ts";
import { findOperation, refuse } from "./router.ts";

const log = getLogger("control");

/** What a server is made with. */
export interface ControlServerOptions
  extends Omit<HandlerOptions, "events" | "metrics" | "output"> {
  /** How to talk to the agents. */
  readonly agents: AgentFilesOptions;
  /** Where to listen. */
  readonly address: ControlAddress;
  /** Asked for on TCP; undefined on a Unix socket. */
  readonly token: string | undefined;
}

/** Serves the control API for as long as it is open. */
export class ControlServer implements AsyncDisposable {
  readonly #options: ControlServerOptions;
  readonly #events: EventFeed;
  readonly #metrics: Metrics;
  readonly #files: AgentFiles;
  readonly #handlers: Handlers;
  #listening: Listening | undefined;

  /**
   * Listens.
   *
   * @param options Where, and for whom.
   * @throws {UsageError} when the address can't be used.
   */
  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const server = new ControlServer(options);
    try {
      server.#listening = await listen(
        options.address,
        (request, signal) => server.#answer(request, signal),
      );
    } catch (error) {
      server.#events.close();
      throw error;
    }
    return server;
  }

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#events = new EventFeed(options.scheduler.messageBus, options.now);
    this.#metrics = new Metrics(options);
    this.#files = new AgentFiles(options.agents);
    const output = new JobOutput(options.scheduler, this.#files);
    this.#handlers = new Handlers({
      ...options,
      events: this.#events,
      metrics: this.#metrics,
      output,
    });
  }

  /** Where it listens. */
  get address(): ControlAddress {
    return this.#listening?.address ?? this.#options.address;
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#events.close();
    this.#metrics.close();
    await this.#listening?.close();
    await this.#files[Symbol.asyncDispose]();
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Response> {
    try {
      const url = new URL(request.url);
      checkOrigin(request, Deno.hostname());
      const { operation, path } = findOperation(request.method, url.pathname);
      const endpoint: Endpoint = ENDPOINTS[operation];
      if (!endpoint.isOpen) checkToken(request, this.#options.token);
      return await this.#handlers.handle({ operation, path, request, signal });
    } catch (error) {
      const answer = refuse(error);
      log.debug("{method} {url} is refused with {status}", {
        method: request.method,
        url: request.url,
        status: answer.status,
      });
      return answer;
    }
  }
}
