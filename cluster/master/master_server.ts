/**
 * A master as an HTTP server: streams, links, timers and the registry around the master's logic.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { JSON_TYPE, schedulerEventCodec } from "../../mesos/wire/codec.ts";
import type { BoundedServer } from "../../http/bounded_server.ts";
import { beginningOf, HttpClient } from "../../http/http_client.ts";
import { authorization, type Credential } from "../../mesos/http/credential.ts";
import type { AgentId } from "../../mesos/ids.ts";
import type { MasterInfo, SchedulerEvent } from "../../mesos/wire/messages.ts";
import type { ServerAnswer, ServerRequest } from "../../http/request_handler.ts";
import { encodeRecord } from "../../mesos/wire/recordio.ts";
import { getLogger } from "../../support/log.ts";
import {
  type AgentAddress,
  agentMessages,
  AGENTS_PATH,
  LINK_HEADER,
  type MasterMessage,
  PING_PATH,
  registration,
} from "../protocol/agent_protocol.ts";
import { encodeEvent } from "../http/event_encoding.ts";
import { EventStreams } from "../http/event_streams.ts";
import { readMessage } from "../http/api_request.ts";
import { serveSite, type Site } from "../http/http_server.ts";
import { ACCEPTED, jsonAnswer, MESOS_VERSION, notFound } from "../http/http_responses.ts";
import { encodeJson } from "../protocol/json.ts";
import { InputQueue } from "../input_queue.ts";
import { ProblemLog } from "../problem_log.ts";
import { Timers } from "../timers.ts";
import type { MasterEffect, Registry } from "./core/master_effects.ts";
import { type MasterInput, step } from "./core/master_step.ts";
import { readRegistry, writeRegistry } from "./agent_registry.ts";
import { handleSchedulerRequest, handleTeardown } from "./scheduler_api.ts";
import { MasterState } from "./core/master_state.ts";
import { masterStateModel } from "./core/master_state_model.ts";

const HEARTBEAT: SchedulerEvent = { type: "HEARTBEAT" };

const SCHEDULER_REALM = "mesos-master-scheduler";
const AGENT_REALM = "mesos-master-agent";
const READONLY_REALM = "mesos-master-readonly";
const READWRITE_REALM = "mesos-master-readwrite";

/** Options of {@linkcode startMaster}. */
export interface MasterOptions {
  /** The IP address to listen on. @default {"127.0.0.1"} */
  ip?: string;
  /** The host name to advertise. @default {ip} */
  hostname?: string;
  /** The TCP port; 0 stands for a free one. @default {0} */
  port?: number;
  /** The directory of the registry; without it, the registry is lost with the master. */
  workDirectory?: string | undefined;
  /** The interval between allocations, in milliseconds. @default {1000} */
  allocationIntervalMs?: number;
  /** The interval between heartbeats, in milliseconds. @default {15000} */
  heartbeatIntervalMs?: number;
  /** How long to wait for the answer to a ping, in milliseconds. @default {15000} */
  agentPingTimeoutMs?: number;
  /** How many consecutive pings may time out. @default {5} */
  maxAgentPingTimeouts?: number;
  /** How long agents have to re-register, in milliseconds. @default {600000} */
  agentReregisterTimeoutMs?: number;
  /** The credential of schedulers, agents and readers of the state; without it, access is open. */
  credential?: Credential | undefined;
}

/** A running master. */
export interface MasterHandle {
  /** The id of this run of the master. */
  readonly id: string;
  /** `HOST:PORT`. */
  readonly address: string;
  /** Its base URL. */
  readonly url: URL;
  /** Stops the master. */
  stop(): Promise<void>;
  /** Drops all sockets and all memory, as SIGKILL would; the work directory remains. */
  crash(): Promise<void>;
}

/**
 * Starts a master. It recovers the registry of an earlier master in the same work directory.
 *
 * @throws {Deno.errors.AddrInUse} when the port is taken.
 * @throws {Error} when the registry can't be read.
 */
export function startMaster(options: MasterOptions = {}): MasterHandle {
  return new MasterServer(options);
}

class MasterServer implements MasterHandle {
  readonly id = crypto.randomUUID();
  readonly state: MasterState;
  readonly #options: MasterOptions;
  readonly #server: BoundedServer;
  readonly streams = new EventStreams<SchedulerEvent>({
    encode: (event, mediaType) =>
      encodeEvent(schedulerEventCodec, event, { type: "scheduler.Event", mediaType }),
    onLost: (streamId) => this.take({ type: "STREAM_CLOSED", streamId }),
  });
  readonly links = new EventStreams<MasterMessage>({
    encode: (message) => encodeRecord(encodeJson(message)),
    onLost: (linkId) => this.take({ type: "LINK_CLOSED", linkId }),
  });
  readonly #timers = new Timers();
  readonly #client: HttpClient;
  readonly #ended = new AbortController();
  readonly #inputs = new InputQueue<MasterInput>((input) => this.#handleInput(input));
  readonly #problems = new ProblemLog();
  readonly #allocations: ReturnType<typeof setInterval>;
  readonly #log = getLogger("cluster");

  constructor(options: MasterOptions) {
    this.#options = options;
    const { ip = "127.0.0.1", hostname = ip, port = 0, allocationIntervalMs = 1000 } = options;
    const registry = readRegistry(options.workDirectory);
    this.#server = serveSite({ ip, hostname, port }, {
      prefix: "/master",
      credential: options.credential,
      routes: this.#routes(),
    });
    this.#client = new HttpClient();
    this.state = new MasterState({
      info: this.#info(ip),
      registry,
      allocationIntervalMs,
      agentPingTimeoutMs: options.agentPingTimeoutMs ?? 15_000,
      maxAgentPingTimeouts: options.maxAgentPingTimeouts ?? 5,
      agentReregisterTimeoutMs: options.agentReregisterTimeoutMs ?? 600_000,
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? 15_000,
      now: Date.now,
      shuffle,
    });
    this.#allocations = setInterval(() => this.take({ type: "ALLOCATE" }), allocationIntervalMs);
    this.take({ type: "START" });
  }

  get address(): string {
    const { ip = "127.0.0.1", hostname = ip } = this.#options;
    return `${hostname}:${this.#server.port}`;
  }

  get url(): URL {
    return new URL(`http://${this.address}`);
  }

  stop(): Promise<void> {
    return this.crash();
  }

  async crash(): Promise<void> {
    this.#ended.abort();
    clearInterval(this.#allocations);
    this.#timers.clearAll();
    await this.#client.close();
    await this.#server.close();
    this.streams.closeAll();
    this.links.closeAll();
  }

  take(input: MasterInput): void {
    this.#inputs.push(input);
  }

  #handleInput(input: MasterInput): void {
    // Operations that finish after the master has ended have no effect.
    if (this.#ended.signal.aborted) return;
    for (const effect of step(this.state, input)) this.#perform(effect);
  }

  flush(): void {
    for (const effect of this.state.takeEffects()) this.#perform(effect);
  }

  #info(ip: string): MasterInfo {
    const { hostname = ip } = this.#options;
    const { port } = this.#server;
    return {
      id: this.id,
      // In network byte order, read as a little-endian number: as Mesos does.
      ip: Buffer.from(ip.split(".").map(Number)).readUInt32LE(),
      port,
      pid: `master@${ip}:${port}`,
      hostname,
      version: MESOS_VERSION,
      address: { hostname, ip, port },
      capabilities: [{ type: "AGENT_UPDATE" }, { type: "AGENT_DRAINING" }, { type: "QUOTA_V2" }],
    };
  }

  #perform(effect: MasterEffect): void {
    switch (effect.type) {
      case "EVENT":
        return this.streams.send(effect.streamId, effect.event);
      case "START_HEARTBEATS": {
        this.streams.send(effect.streamId, HEARTBEAT);
        const { heartbeatIntervalMs } = this.state.options;
        return this.streams.startHeartbeats(effect.streamId, HEARTBEAT, heartbeatIntervalMs);
      }
      case "CLOSE_STREAM":
        return this.streams.close(effect.streamId);
      case "AGENT_MESSAGE":
        return this.links.send(effect.linkId, effect.message);
      case "PING":
        return void this.#ping(effect);
      case "SAVE_REGISTRY":
        return this.#save(effect.registry);
      case "SET_TIMER": {
        const { timeout, afterMs } = effect;
        return this.#timers.set(timeout, afterMs, () => this.take({ type: "TIMEOUT", timeout }));
      }
      case "CLEAR_TIMER":
        return this.#timers.clear(effect.timeout);
    }
  }

  /** A failed write does not stop the master, which has the registry in memory. */
  #save(registry: Registry): void {
    const { workDirectory } = this.#options;
    const problem = `Cannot write the registry in ${workDirectory}`;
    try {
      writeRegistry(workDirectory, registry);
      this.#problems.solved({ problem });
    } catch (error) {
      const advice =
        "Free some disk space; otherwise the next master in this directory does not know the agents";
      this.#problems.warn({ problem, advice }, error);
    }
  }

  async #ping(
    { agentId, address: { ip, port }, connected }: {
      agentId: AgentId;
      address: AgentAddress;
      connected: boolean;
    },
  ): Promise<void> {
    const url = new URL(PING_PATH, `http://${ip}:${port}`);
    const timeout = AbortSignal.timeout(this.state.options.agentPingTimeoutMs);
    try {
      const answer = await this.#client.request(url, {
        method: "POST",
        headers: { ...authorization(this.#options.credential), "Content-Type": JSON_TYPE },
        body: encodeJson({ connected }),
        signal: AbortSignal.any([timeout, this.#ended.signal]),
      });
      await beginningOf(answer.body);
      if (answer.status === 200) this.take({ type: "PONG", agentId });
    } catch (error) {
      this.#log.debug("No answer to a ping: {error}", { error, agentId });
    }
  }

  #routes(): Site["routes"] {
    const { credential } = this.#options;
    const state = { realm: READONLY_REALM, answer: () => jsonAnswer(masterStateModel(this.state)) };
    return {
      "/api/v1/scheduler": {
        realm: SCHEDULER_REALM,
        method: "POST",
        answer: (request) => handleSchedulerRequest(this, request, credential?.principal),
      },
      "/slaves": state,
      "/state": state,
      "/state.json": state,
      "/teardown": {
        realm: READWRITE_REALM,
        method: "POST",
        answer: (request) => handleTeardown(this, request),
      },
      [AGENTS_PATH]: {
        realm: AGENT_REALM,
        method: "POST",
        answer: (request) => this.#register(request),
      },
      [`${AGENTS_PATH}/`]: {
        realm: AGENT_REALM,
        method: "POST",
        answer: (request, linkId) => this.#takeMessages(request, linkId),
      },
    };
  }

  async #register(request: ServerRequest): Promise<ServerAnswer> {
    const message = await readMessage(request, registration);
    const { streamId: linkId, body } = this.links.open();
    this.take({ type: "REGISTER", linkId, registration: message });
    return { status: 200, headers: { [LINK_HEADER]: linkId }, body };
  }

  async #takeMessages(request: ServerRequest, linkId: string): Promise<ServerAnswer> {
    const messages = await readMessage(request, agentMessages);
    if (!this.links.has(linkId)) throw notFound("Link cannot be found");
    for (const message of messages) this.take({ type: "AGENT_MESSAGE", linkId, message });
    return ACCEPTED;
  }
}

function shuffle<T>(items: T[]): T[] {
  return items.map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
