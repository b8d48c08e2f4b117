/**
 * The batch system's way to Mesos, over all the drivers that it takes: a framework that was removed
 * continues as a new one, with a new driver.
 *
 * @module
 */

import type { FrameworkInfo } from "../mesos/wire/messages.ts";
import type { Scheduler, SchedulerDriver, SchedulerRequest } from "../mesos/scheduler.ts";
import { Backoff, type BackoffOptions, sleep } from "../mesos/http/backoff.ts";
import { getLogger } from "../support/log.ts";
import { MesosUnavailableError } from "./unavailable_error.ts";
import type { Input } from "./core/inputs.ts";
import { MesosCallbacks } from "./mesos_callbacks.ts";

/** How long the master is asked to remove the framework. */
const TEARDOWN_MS = 10_000;

/** Waits before another framework takes the place of one that was removed soon. */
const SUBSCRIBE_AGAIN: BackoffOptions = { baseMs: 500, maxMs: 60_000 };

/** Makes ways to one Mesos; `info` gives the framework as it should be introduced now. */
export type DriverFactory = (scheduler: Scheduler, info: () => FrameworkInfo) => SchedulerDriver;

/** What a link is made with. */
export interface MesosLinkOptions {
  /** Makes a way to Mesos. */
  readonly createDriver: DriverFactory;
  /** The framework as it should be introduced now. */
  readonly info: () => FrameworkInfo;
  /** Takes what Mesos says. */
  readonly submit: (input: Input) => void;
  /** There will be no subscription any more. */
  readonly failed: (error: Error) => void;
  /** Waits between two frameworks. @default {SUBSCRIBE_AGAIN} */
  readonly backoff?: BackoffOptions;
}

/** Has no driver until it connects. */
export class MesosLink {
  readonly #options: MesosLinkOptions;
  readonly #log = getLogger("scheduler");
  readonly #backoff: Backoff;
  readonly #ended = new AbortController();
  #driver: SchedulerDriver | undefined;
  #connectedAt = 0;

  /**
   * A link that does nothing yet.
   *
   * @param options How to connect, and the callbacks.
   */
  constructor(options: MesosLinkOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? SUBSCRIBE_AGAIN);
  }

  /** What went wrong last; undefined while there is a subscription. */
  get lastError(): Error | undefined {
    return this.#driver?.lastError;
  }

  /** The master that there is a subscription with. */
  get master(): URL | undefined {
    return this.#driver?.master;
  }

  /** Subscribes, and keeps subscribing. Where a framework did not last, the next one waits. */
  async connect(): Promise<void> {
    const { createDriver, info, submit, failed } = this.#options;
    const callbacks = new MesosCallbacks({
      submit,
      refused: (error) => failed(new MesosUnavailableError(error.message, { cause: error })),
    });
    if (this.#driver) {
      this.#backoff.succeeded(performance.now() - this.#connectedAt);
      await sleep(this.#backoff.next(), this.#ended.signal);
      if (this.#ended.signal.aborted) return;
    }
    this.#connectedAt = performance.now();
    this.#driver = createDriver(callbacks, info);
    this.#driver.start();
    this.#driver.join().catch(failed);
  }

  /** Sends a call if there is a subscription. */
  send(call: SchedulerRequest): void {
    this.#driver?.send(call);
  }

  /** Sends the current description of the framework. */
  updateFramework(): void {
    const framework_info = this.#options.info();
    this.send({ type: "UPDATE_FRAMEWORK", update_framework: { framework_info } });
  }

  /** Disconnects; the framework and its jobs stay. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#driver?.stop();
  }

  /** Has the framework removed, and disconnects; false when that could not be done in time. */
  async teardown(): Promise<boolean> {
    this.#ended.abort();
    const tornDown = await this.#driver?.teardown(TEARDOWN_MS);
    if (tornDown === false) {
      this.#log.error(
        "Cannot remove framework {frameworkId} from Mesos: no master confirmed the teardown; the " +
          "framework and its jobs stay until the failover timeout, or until an operator tears it " +
          "down",
        { frameworkId: this.#options.info().id?.value },
      );
    }
    return tornDown ?? false;
  }
}
