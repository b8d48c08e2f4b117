/**
 * An agent as an HTTP server: streams, timers, containers and checkpoints around the agent's logic.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import type { AgentId } from "../../mesos/ids.ts";
import type { BoundedServer } from "../../http/bounded_server.ts";
import type { ServerAnswer, ServerRequest } from "../../http/request_handler.ts";
import { executorEventCodec } from "../../mesos/wire/codec.ts";
import type { AgentInfo, ExecutorEvent } from "../../mesos/wire/messages.ts";
import { reasonOf } from "../../support/reason.ts";
import { readMessage } from "../http/api_request.ts";
import { type AgentAddress, ping, PING_PATH } from "../protocol/agent_protocol.ts";
import { encodeEvent } from "../http/event_encoding.ts";
import { EventStreams } from "../http/event_streams.ts";
import { serveOnSocket, serveSite, type Site } from "../http/http_server.ts";
import { jsonAnswer, OK, unauthorized } from "../http/http_responses.ts";
import { parseAttributes } from "../resources/resource_text.ts";
import { sameResources } from "../resources/resource_arithmetic.ts";
import { removeIfPresent } from "../files.ts";
import { InputQueue } from "../input_queue.ts";
import { ProblemLog } from "../problem_log.ts";
import { Timers } from "../timers.ts";
import { type AgentInput, step } from "./core/agent_step.ts";
import type { AgentHandle, AgentOptions } from "./agent_options.ts";
import { CheckpointJournal } from "./checkpoint_journal.ts";
import { Containers } from "./containers.ts";
import { agentResources } from "./default_resources.ts";
import type { AgentEffect, Checkpoint, Run } from "./core/agent_effects.ts";
import { handleExecutorRequest } from "./executor_api.ts";
import { executorEnvironment } from "./container_environment.ts";
import { authenticateExecutor, issueToken } from "./executor_tokens.ts";
import { FilesApi } from "./files_api.ts";
import { MasterConnection } from "./master_connection.ts";
import { registrationOf } from "./master_link.ts";
import { latestRunLink, sandboxOf, virtualSandbox } from "./agent_paths.ts";
import { recover } from "./recovery.ts";
import { longestShutdownGraceMs } from "./core/executor_orders.ts";
import { AgentState } from "./core/agent_state.ts";
import { agentStateModel } from "./core/agent_state_model.ts";
import { UPDATE_RETRY_MS } from "./core/status_update_manager.ts";
import { userError } from "./users.ts";

const EXECUTOR_API_PATH = "/api/v1/executor";

const EXECUTOR_REALM = "mesos-agent-executor";
const MASTER_REALM = "mesos-agent-master";
const READONLY_REALM = "mesos-agent-readonly";
/** The wait status of a process that was never started. */
const UNKNOWN_STATUS = -1;

type LaunchEffect = AgentEffect & { type: "LAUNCH" };

const EXECUTOR_HEARTBEAT_MS = 30 * 60_000;

/** How much longer than the grace period the shutdown of an executor may take. */
const STOP_MARGIN_MS = 10_000;

/**
 * Starts an agent. It takes over the executors of an earlier agent in the same work directory.
 *
 * @throws {Deno.errors.AddrInUse} when the port is taken.
 * @throws {RangeError} when resources or attributes can't be read.
 * @throws {Error} when the earlier agent in this work directory was a different one.
 */
export function startAgent(options: AgentOptions): AgentHandle {
  return new AgentServer(options);
}

class AgentServer implements AgentHandle {
  readonly state: AgentState;
  readonly registered: Promise<void>;
  readonly #options: AgentOptions;
  readonly #workDirectory: string;
  readonly #servers: BoundedServer[];
  readonly #address: AgentAddress;
  readonly streams = new EventStreams<ExecutorEvent>({
    encode: (event, mediaType) =>
      encodeEvent(executorEventCodec, event, { type: "executor.Event", mediaType }),
    onLost: (streamId) => this.take({ type: "STREAM_CLOSED", streamId }),
  });
  readonly #timers = new Timers();
  readonly #containers: Containers;
  readonly #checkpoints: CheckpointJournal;
  readonly #files = new FilesApi();
  readonly #connection: MasterConnection;
  readonly #inputs = new InputQueue<AgentInput>((input) => this.#handleInput(input));
  readonly #problems = new ProblemLog();
  #markRegistered = () => {};
  #markEmpty = () => {};
  #ended = false;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#workDirectory = resolve(options.workDirectory);
    Deno.mkdirSync(this.#workDirectory, { recursive: true });
    const { ip = "127.0.0.1", hostname = ip, port = 0 } = options;
    const resources = agentResources(options.resources ?? "", this.#workDirectory);
    const attributes = parseAttributes(options.attributes ?? "");
    this.#checkpoints = new CheckpointJournal(this.#workDirectory);
    const info = this.#recoverInfo({ hostname, port, resources, attributes });
    const listen = { ip, hostname, port: info.port ?? 0 };
    const { credential } = options;
    const site = { prefix: "/slave(1)", credential, routes: this.#routes() };
    const server = serveSite(listen, site);
    this.#servers = [server, ...this.#listenOnSocket(site)];
    this.#address = { ip, port: server.port };
    this.state = new AgentState({
      info: { ...info, port: server.port },
      ip,
      executorRegistrationTimeoutMs: options.executorRegistrationTimeoutMs ?? 60_000,
      executorReregistrationTimeoutMs: options.executorReregistrationTimeoutMs ?? 2_000,
      executorShutdownGracePeriodMs: options.executorShutdownGracePeriodMs ?? 5_000,
      updateRetryMs: options.updateRetryMs ?? UPDATE_RETRY_MS,
      isolateCpus: options.isolateCpus ?? true,
      now: Date.now,
      newUuid: () => crypto.randomUUID(),
      userError: options.switchUser === false ? () => undefined : userError,
    });
    const directories = {
      processes: join(this.#workDirectory, "containers"),
      cache: join(this.#workDirectory, "fetch"),
    };
    this.#containers = new Containers(directories, {
      started: (run, pid) => this.take({ type: "CONTAINER_STARTED", run, pid }),
      failed: (run, reason) => this.take({ type: "CONTAINER_FAILED", run, reason }),
      ended: (run, status) => this.#containerEnded(run, status),
    });
    this.registered = new Promise((resolve) => this.#markRegistered = resolve);
    this.#connection = new MasterConnection({
      master: options.master,
      registrationBackoffMs: options.registrationBackoffMs ?? 1_000,
      credential: options.credential,
      registration: () => registrationOf(this.state, this.#address),
      onMessage: (message) => {
        this.take({ type: "MASTER_MESSAGE", message });
        if (message.type === "REGISTERED") this.#markRegistered();
      },
      onLost: () => this.take({ type: "MASTER_LOST" }),
    });
    this.#recoverExecutors();
    this.take({ type: "START" });
  }

  get id(): AgentId {
    return this.state.id;
  }

  get address(): string {
    return `${this.state.info.hostname}:${this.#address.port}`;
  }

  get url(): URL {
    return new URL(`http://${this.address}`);
  }

  async stop(): Promise<void> {
    const empty = new Promise<void>((resolve) => this.#markEmpty = resolve);
    this.take({ type: "SHUT_DOWN" });
    if (this.#containers.size > 0) {
      const graceMs = longestShutdownGraceMs(this.state);
      this.#timers.set({ type: "STOP" }, graceMs + STOP_MARGIN_MS, this.#markEmpty);
      await empty;
    }
    await this.crash();
  }

  async crash(): Promise<void> {
    this.#ended = true;
    this.#timers.clearAll();
    this.#containers.abandon();
    await Promise.all([this.#connection.close(), ...this.#servers.map((server) => server.close())]);
    this.streams.closeAll();
  }

  take(input: AgentInput): void {
    this.#inputs.push(input);
  }

  #handleInput(input: AgentInput): void {
    // Operations that finish after the agent has ended have no effect.
    if (this.#ended) return;
    for (const effect of step(this.state, input)) this.#perform(effect);
  }

  #listenOnSocket(site: Site): BoundedServer[] {
    const { domainSocket: path } = this.#options;
    if (path === undefined) return [];
    Deno.mkdirSync(dirname(path), { recursive: true });
    // The socket of an earlier run would block the new one.
    removeIfPresent(path);
    return [serveOnSocket(path, site, site.prefix + EXECUTOR_API_PATH)];
  }

  /** Keeps the id of an earlier run, whose other properties must be the same. */
  #recoverInfo(info: AgentInfo): AgentInfo {
    const earlier = this.#checkpoints.state.agent;
    if (!earlier) return info;
    // Its executors know only this port.
    const port = info.port || earlier.port;
    const same = earlier.hostname === info.hostname && earlier.port === port &&
      sameResources(earlier.resources ?? [], info.resources ?? []) &&
      JSON.stringify(earlier.attributes ?? []) === JSON.stringify(info.attributes ?? []);
    if (same) return { ...info, port, id: earlier.id };
    throw new Error(
      `Cannot recover the agent in ${this.#workDirectory}: host, port, resources or attributes have` +
        " changed",
    );
  }

  #recoverExecutors(): void {
    const processes = this.#containers.readProcesses();
    const frameworks = this.#checkpoints.state.frameworks((id) => processes.get(id)?.pid);
    recover(this.state, frameworks);
    for (const { run, pid } of frameworks.flatMap(({ executors }) => executors)) {
      this.#attach(run);
      this.#containers.adopt(run, pid);
      processes.delete(run.containerId);
    }
    // There is no checkpoint of these: the earlier agent kept none, or could not write it.
    for (const { run, pid } of processes.values()) this.#containers.discard(run, pid);
  }

  #containerEnded(run: Run, status: number): void {
    this.take({ type: "CONTAINER_ENDED", run, status });
    if (this.#containers.size === 0) this.#markEmpty();
  }

  #perform(effect: AgentEffect): void {
    switch (effect.type) {
      case "EVENT":
        return this.streams.send(effect.streamId, effect.event);
      case "START_HEARTBEATS":
        return this.streams.startHeartbeats(
          effect.streamId,
          { type: "HEARTBEAT" },
          EXECUTOR_HEARTBEAT_MS,
        );
      case "CLOSE_STREAM":
        return this.streams.close(effect.streamId);
      case "TELL_MASTER":
        return this.#connection.tell(effect.message);
      case "REGISTER":
        return this.#connection.register();
      case "LAUNCH":
        return this.#tryLaunch(effect);
      case "DESTROY":
        return this.#containers.destroy(effect.run);
      case "CHECKPOINT":
        return this.#write(effect.checkpoint);
      case "SET_TIMER": {
        const { timeout, afterMs } = effect;
        return this.#timers.set(timeout, afterMs, () => this.take({ type: "TIMEOUT", timeout }));
      }
      case "CLEAR_TIMER":
        return this.#timers.clear(effect.timeout);
    }
  }

  /**
   * A failed write does not stop the agent: its executors keep running, but would not survive it.
   */
  #write(checkpoint: Checkpoint): void {
    if (this.#options.keepsCheckpoints === false) return;
    const problem = `Cannot write checkpoints in ${this.#workDirectory}`;
    try {
      this.#checkpoints.write(checkpoint);
      this.#problems.solved({ problem });
    } catch (error) {
      const advice =
        "Free some disk space; otherwise executors and their tasks are lost when the agent restarts";
      this.#problems.warn({ problem, advice }, error);
    }
  }

  #tryLaunch(launch: LaunchEffect): void {
    const { run } = launch;
    const problem = `Cannot create sandboxes in ${this.#workDirectory}`;
    try {
      this.#launch(launch);
      this.#problems.solved({ problem });
    } catch (error) {
      const advice = "Free some disk space, or use another work directory for the cluster";
      this.#problems.warn({ problem, advice }, error);
      this.take({ type: "CONTAINER_FAILED", run, reason: `${problem}: ${reasonOf(error)}` });
      this.take({ type: "CONTAINER_ENDED", run, status: UNKNOWN_STATUS });
    }
  }

  #launch({ run, info }: LaunchEffect): void {
    const sandbox = this.#sandbox(run);
    Deno.mkdirSync(sandbox, { recursive: true });
    linkLatest(sandbox, latestRunLink(this.#workDirectory, this.state.id, run));
    this.#attach(run);
    const { executorSecret } = this.#options;
    const environment = executorEnvironment({
      agentId: this.state.id,
      ...this.#address,
      ...this.state.options,
      executorEnvironmentVariables: this.#options.executorEnvironmentVariables ?? {},
      domainSocket: this.#options.domainSocket,
      recoveryTimeoutMs: this.#options.recoveryTimeoutMs ?? 900_000,
    }, {
      info,
      sandbox,
      authenticationToken: executorSecret && issueToken(run, executorSecret),
    });
    this.#containers.launch({ run, command: info.command ?? {}, sandbox, environment });
  }

  #sandbox(run: Run): string {
    return sandboxOf(this.#workDirectory, this.state.id, run);
  }

  /** Exposes a sandbox under the three paths that Mesos uses. */
  #attach(run: Run): void {
    const sandbox = this.#sandbox(run);
    const latest = latestRunLink(this.#workDirectory, this.state.id, run);
    for (const path of [latest, virtualSandbox(run), sandbox]) this.#files.attach(sandbox, path);
  }

  #routes(): Site["routes"] {
    const state = { realm: READONLY_REALM, answer: () => jsonAnswer(this.#stateModel()) };
    return {
      [EXECUTOR_API_PATH]: {
        method: "POST",
        answer: (request) => this.#executorApi(request),
      },
      [PING_PATH]: { realm: MASTER_REALM, answer: (request) => this.#pong(request) },
      "/state": state,
      "/state.json": state,
      "/files/": {
        realm: READONLY_REALM,
        answer: ({ url }, endpoint) => this.#files.answer(endpoint, url.searchParams),
      },
    };
  }

  #stateModel(): object {
    return agentStateModel(this.state, {
      address: this.#address,
      sandboxOf: ({ run }) => this.#sandbox(run),
    });
  }

  #executorApi(request: ServerRequest): Promise<ServerAnswer> {
    const { executorSecret: secret } = this.#options;
    if (secret === undefined) return handleExecutorRequest(this, request, undefined);
    const claims = authenticateExecutor(request.headers["authorization"], secret);
    if (claims) return handleExecutorRequest(this, request, claims);
    throw unauthorized(`Bearer realm="${EXECUTOR_REALM}"`);
  }

  async #pong(request: ServerRequest): Promise<ServerAnswer> {
    this.take({ type: "PING", ping: await readMessage(request, ping) });
    return OK;
  }
}

/** Points the link to a sandbox, replacing an earlier link. */
function linkLatest(sandbox: string, link: string): void {
  const temporary = join(dirname(link), ".latest");
  Deno.symlinkSync(sandbox, temporary);
  Deno.renameSync(temporary, link);
}
