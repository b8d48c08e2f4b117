/**
 * The driver of an executor: the client of its agent's v1 HTTP API.
 *
 * ```text
 *              SUBSCRIBED                      agent gone, checkpoint
 *  CONNECTING ───────────► SUBSCRIBED ───────────────────────────────► CONNECTING
 *      │                       │  SHUTDOWN, ERROR, agent gone for good      │
 *      └─ refused ─────────────┴──────────────► shutdown() ◄── MESOS_RECOVERY_TIMEOUT
 * ```
 *
 * @see docs/executor-http-api.md in the Mesos documentation
 * @module
 */

import { readFileBounded } from "../support/bounded_file.ts";
import { getLogger } from "../support/log.ts";
import { MAX_TIMER_MS } from "../support/timer.ts";
import { CallQueue } from "./http/call_queue.ts";
import { executorCallCodec, executorEventCodec } from "./wire/codec.ts";
import type { Executor, ExecutorDriver, TaskUpdate } from "./executor.ts";
import type { ExecutorEnvironment } from "./executor_environment.ts";
import { HttpClient } from "../http/http_client.ts";
import { CertificateError } from "../http/http_connection.ts";
import type {
  ExecutorCall,
  ExecutorEvent,
  ExecutorEventSubscribed,
  TaskInfo,
  TaskStatus,
} from "./wire/messages.ts";
import { vet } from "./wire/inbound.ts";
import type { Subscription } from "./http/subscription.ts";
import { Subscriber } from "./http/subscriber.ts";
import type { TaskId } from "./ids.ts";
import { Unacknowledged } from "./unacknowledged.ts";

const API_PATH = "/api/v1/executor";

/** The certificates that a whole system trusts take less than 1 MiB. */
const MAX_CA_FILE_BYTES = 16 * 1024 * 1024;

/** Upper bound of the first backoff between attempts to subscribe, in milliseconds. */
const BACKOFF_BASE_MS = 100;

/** How long an executor that can't outlive its agent tries to subscribe for the first time. */
const FIRST_SUBSCRIPTION_TIMEOUT_MS = 60_000;

/** Subscribes an executor with its agent and delivers every update. */
export class MesosExecutorDriver implements ExecutorDriver {
  readonly #executor: Executor;
  readonly #environment: ExecutorEnvironment;
  readonly #client: HttpClient;
  readonly #subscriber: Subscriber<ExecutorCall, ExecutorEvent>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #unacknowledged = new Unacknowledged();
  /** Resolvers of updates that the agent has not accepted yet, by UUID. */
  readonly #untaken = new Map<string, () => void>();
  readonly #log = getLogger("mesos");
  #calls: CallQueue<ExecutorCall> | undefined;
  #toldBySubscribe: ReadonlySet<TaskStatus> = new Set();
  #subscribed = false;
  #registered = false;
  #shutDown = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /**
   * Creates a driver; call `start` to connect.
   *
   * @param executor Receives the callbacks.
   * @param environment The address of the agent and the ids of this executor.
   */
  constructor(executor: Executor, environment: ExecutorEnvironment) {
    this.#executor = executor;
    this.#environment = environment;
    const { authenticationToken, domainSocket } = environment;
    this.#headers = authenticationToken ? { Authorization: `Bearer ${authenticationToken}` } : {};
    const caCertificates = this.#readCertificates(environment);
    this.#client = new HttpClient({ socketPath: domainSocket, caCertificates });
    const url = apiUrl(environment);
    this.#subscriber = new Subscriber<ExecutorCall, ExecutorEvent>({
      client: this.#client,
      nextUrl: () => Promise.resolve(url),
      call: () => this.#subscribeCall(),
      callCodec: executorCallCodec,
      eventCodec: executorEventCodec,
      headers: this.#headers,
      backoff: { baseMs: BACKOFF_BASE_MS, maxMs: environment.subscriptionBackoffMaxMs },
      // The token is for this agent alone, which never redirects.
      followsLeader: false,
    }, {
      opened: (subscription, url, signal) => this.#opened(subscription, url, signal),
      event: (event) => this.#event(event),
      unusable: ({ launch }) => launch && this.#answerUnusable(launch.task),
      closed: (error) => this.#closed(error),
      attemptFailed: (error) => this.#attemptFailed(error),
      refused: (error) => this.#fail(error.message),
    });
  }

  /** Starts to connect, and reconnects until stopped. Call it once. */
  start(): void {
    const { checkpoint, recoveryTimeoutMs } = this.#environment;
    this.#shutDownAfter(checkpoint ? recoveryTimeoutMs : FIRST_SUBSCRIPTION_TIMEOUT_MS);
    this.#running = this.#subscriber.run().finally(() => {
      clearTimeout(this.#patience);
      return this.#client.close();
    });
  }

  /** Sends an update until it is acknowledged; see {@linkcode ExecutorDriver.sendStatusUpdate}. */
  sendStatusUpdate(update: TaskUpdate): Promise<void> {
    const uuid = randomUuid();
    const status = {
      ...update,
      executor_id: { value: this.#environment.executorId },
      source: "SOURCE_EXECUTOR" as const,
      timestamp: Date.now() / 1000,
      uuid,
    };
    this.#unacknowledged.updated(status);
    const taken = new Promise<void>((resolve) => this.#untaken.set(uuid.toHex(), resolve));
    // While disconnected the next SUBSCRIBE carries it.
    if (this.#subscribed) this.#sendUpdate(status);
    return taken;
  }

  /** Sends bytes to the scheduler if subscribed. */
  sendFrameworkMessage(data: Uint8Array): void {
    if (this.#subscribed) {
      this.#calls?.send(this.#call("MESSAGE", { message: { data } }));
    }
  }

  /** Waits for acknowledgements, then stops; see {@linkcode ExecutorDriver.stop}. */
  async stop(drainMs: number): Promise<void> {
    this.#shutDown = true;
    const timer = setTimeout(() => this.#subscriber.stop(), drainMs);
    try {
      if (this.#unacknowledged.updates.length > 0) {
        // An executor that was refused gets no more events.
        const drained = new Promise<void>((resolve) => this.#drained = resolve);
        await Promise.race([drained, this.join()]);
      }
      this.#subscriber.stop();
      await this.join();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the driver has stopped. */
  async join(): Promise<void> {
    await this.#running;
  }

  /** The certificates that the scheduler and the node provide. */
  #readCertificates({ tls, caCertificates, caFile }: ExecutorEnvironment): string | undefined {
    if (!tls || caFile === undefined) return caCertificates;
    try {
      const text = new TextDecoder().decode(readFileBounded(caFile, MAX_CA_FILE_BYTES));
      return [caCertificates ?? "", text].join("\n");
    } catch (error) {
      this.#log.warn("Cannot read LIBPROCESS_SSL_CA_FILE {caFile}: {error}", { caFile, error });
      return caCertificates;
    }
  }

  #sendUpdate(status: TaskStatus): void {
    const lane = status.task_id.value;
    const call = this.#call("UPDATE", { update: { status } });
    this.#calls?.send(call, { lane }).then((isAccepted) => {
      if (isAccepted && status.uuid) this.#updateTaken(status.uuid);
    });
  }

  #updateTaken(uuid: Uint8Array): void {
    this.#untaken.get(uuid.toHex())?.();
    this.#untaken.delete(uuid.toHex());
  }

  #call(type: ExecutorCall["type"], rest: Partial<ExecutorCall>): ExecutorCall {
    const { executorId, frameworkId } = this.#environment;
    return {
      type,
      executor_id: { value: executorId },
      framework_id: { value: frameworkId },
      ...rest,
    };
  }

  #subscribeCall(): ExecutorCall {
    const updates = this.#unacknowledged.updates;
    this.#toldBySubscribe = new Set(updates);
    return this.#call("SUBSCRIBE", {
      subscribe: {
        unacknowledged_tasks: this.#unacknowledged.tasks,
        unacknowledged_updates: updates.map((status) => ({ status })),
      },
    });
  }

  #opened(_subscription: Subscription<ExecutorEvent>, url: URL, signal: AbortSignal): void {
    this.#calls = new CallQueue<ExecutorCall>({
      client: this.#client,
      url,
      codec: executorCallCodec,
      headers: this.#headers,
      signal,
      onFailure: (error) => this.#subscriber.reset(error),
    });
  }

  #event(event: ExecutorEvent): void {
    if (event.subscribed) return this.#onSubscribed(event.subscribed);
    const { launch, launch_group, kill, acknowledged, message, error } = event;
    if (acknowledged) this.#onAcknowledged(acknowledged.task_id.value, acknowledged.uuid);
    else if (event.type === "SHUTDOWN") this.#requestShutdown();
    else if (error) this.#fail(error.message);
    else if (this.#shutDown) return;
    else if (launch) {
      this.#unacknowledged.launched(launch.task);
      this.#executor.launchTask(this, launch.task);
    } else if (launch_group) launch_group.task_group.tasks?.forEach((task) => this.#refuse(task));
    else if (kill) this.#executor.killTask(this, kill.task_id, kill.kill_policy);
    else if (message) this.#executor.frameworkMessage(this, message.data);
    else if (event.type !== "HEARTBEAT") {
      this.#log.debug("Ignoring an event of type {type}", { type: event.type ?? "unknown" });
    }
  }

  /** What can't be launched has an end as well, unless nothing could be said of a task so named. */
  #answerUnusable({ task_id }: TaskInfo): void {
    if (this.#shutDown || !vet({ task_id })) return;
    const message = "Cannot launch the task: its description contains an invalid id";
    void this.sendStatusUpdate({ task_id, state: "TASK_ERROR", message });
  }

  /** Mesos wants a group launched together or not at all; our scheduler makes none. */
  #refuse(task: TaskInfo): void {
    this.#unacknowledged.launched(task);
    const message = "Cannot launch a group of tasks: this executor runs only single tasks";
    void this.sendStatusUpdate({ task_id: task.task_id, state: "TASK_FAILED", message });
  }

  #onSubscribed(
    { executor_info, framework_info, agent_info }: ExecutorEventSubscribed,
  ): void {
    clearTimeout(this.#patience);
    this.#subscribed = true;
    // Updates made while the SUBSCRIBE was under way are not in it.
    for (const status of this.#unacknowledged.updates) {
      if (!this.#toldBySubscribe.has(status)) this.#sendUpdate(status);
    }
    if (this.#shutDown) return;
    if (this.#registered) this.#executor.reregistered(this, agent_info);
    else {
      this.#registered = true;
      this.#executor.registered(this, executor_info, framework_info, agent_info);
    }
  }

  #onAcknowledged(taskId: TaskId, uuid: Uint8Array): void {
    this.#unacknowledged.acknowledged(taskId, uuid);
    this.#updateTaken(uuid);
    if (this.#unacknowledged.updates.length === 0) this.#drained?.();
  }

  #closed(error: Error): void {
    this.#log.warn("Disconnected from the agent: {error}", { error });
    this.#subscribed = false;
    const { checkpoint, recoveryTimeoutMs } = this.#environment;
    if (!this.#shutDown) this.#executor.disconnected(this);
    this.#shutDownAfter(checkpoint ? recoveryTimeoutMs : 0);
  }

  #shutDownAfter(ms: number): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#log.error("The agent has been disconnected for {seconds} s", { seconds: ms / 1000 });
      this.#requestShutdown();
    }, Math.min(ms, MAX_TIMER_MS));
  }

  #attemptFailed(error: Error): void {
    const isDistrusted = error.cause instanceof CertificateError;
    const advice = "give its authority to the scheduler as --executor-ca-file, or to the agent's " +
      "executors as LIBPROCESS_SSL_CA_FILE";
    // An agent that was trusted before may get its certificate back, and jobs run here.
    if (isDistrusted && !this.#registered) return this.#fail(`${error.message}; ${advice}`);
    this.#log.warn("{error}", { error });
  }

  #fail(message: string): void {
    if (!this.#shutDown) this.#executor.error(this, message);
    this.#requestShutdown();
  }

  #requestShutdown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#executor.shutdown(this);
  }
}

/**
 * On its Unix socket an agent speaks plain HTTP and serves only the path that begins with its name.
 */
function apiUrl({ agentEndpoint, agentProcess, domainSocket, tls }: ExecutorEnvironment): URL {
  const scheme = tls && !domainSocket ? "https" : "http";
  const prefix = agentProcess && domainSocket ? `/${agentProcess}` : "";
  return new URL(prefix + API_PATH, `${scheme}://${agentEndpoint}`);
}

/** The bytes of a random RFC 4122 UUID; an agent refuses other bytes. */
function randomUuid(): Uint8Array {
  return Uint8Array.fromHex(crypto.randomUUID().replaceAll("-", ""));
}
