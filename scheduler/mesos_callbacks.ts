/**
 * What Mesos says, as inputs of the scheduler's loop. Nothing is decided here, and nothing is done:
 * the driver continues at once, and the loop handles everything in order.
 *
 * @module
 */

import { decodeNodeInfo } from "../job/node_info.ts";
import { FrameworkRemovedError } from "../mesos/mesos_errors.ts";
import type {
  AgentID,
  ExecutorID,
  FrameworkID,
  Offer,
  OfferID,
  TaskStatus,
} from "../mesos/wire/messages.ts";
import type { Scheduler, SchedulerDriver, SchedulerRequest } from "../mesos/scheduler.ts";
import { getLogger } from "../support/log.ts";
import type { Input } from "./core/inputs.ts";
import { ExecutorVersions } from "./executor_versions.ts";

/** The callbacks. */
export interface MesosCallbacksOptions {
  /** Takes the inputs. */
  submit: (input: Input) => void;
  /** Mesos refuses us, for good. */
  refused: (error: Error) => void;
}

/** Translates callbacks of a driver into inputs. */
export class MesosCallbacks implements Scheduler {
  readonly #submit: (input: Input) => void;
  readonly #refused: (error: Error) => void;
  readonly #log = getLogger("scheduler");
  readonly #versions = new ExecutorVersions();
  #frameworkId = "";

  /**
   * The callbacks of one driver.
   *
   * @param options The callbacks.
   */
  constructor({ submit, refused }: MesosCallbacksOptions) {
    this.#submit = submit;
    this.#refused = refused;
  }

  /** The first subscription of a driver stands. */
  registered(_driver: SchedulerDriver, frameworkId: FrameworkID): void {
    this.#frameworkId = frameworkId.value;
    this.#log.info("Registered with Mesos as framework {frameworkId}", {
      frameworkId: frameworkId.value,
    });
    this.#submit({ type: "SUBSCRIBED", frameworkId: frameworkId.value });
  }

  /** A later subscription stands. */
  reregistered(): void {
    this.#log.info("Registered with Mesos again");
    this.#submit({ type: "SUBSCRIBED", frameworkId: this.#frameworkId });
  }

  /** The subscription broke. */
  disconnected(_driver: SchedulerDriver, reason: Error): void {
    this.#submit({ type: "DISCONNECTED", reason: reason.message });
  }

  /** A launch was refused for its size. */
  launchTooLarge(_driver: SchedulerDriver, call: SchedulerRequest): void {
    this.#submit({ type: "CALL_TOO_LARGE", call });
  }

  /** New offers. */
  resourceOffers(_driver: SchedulerDriver, offers: Offer[]): void {
    this.#submit({ type: "OFFERS", offers });
  }

  /** An offer was rescinded. Offers are never kept, so there is nothing to forget: if it was accepted
   * meanwhile, Mesos says that its tasks were dropped. */
  offerRescinded(_driver: SchedulerDriver, offerId: OfferID): void {
    this.#log.debug("Offer {offerId} was rescinded", { offerId: offerId.value });
  }

  /** A task's state; acknowledged once it is written down. */
  statusUpdate(_driver: SchedulerDriver, status: TaskStatus): void {
    this.#log.debug("Task {taskId} is {state} ({reason})", {
      taskId: status.task_id.value,
      state: status.state ?? "in a state of a newer Mesos",
      reason: status.reason ?? status.source ?? "",
    });
    this.#submit({ type: "UPDATE", status });
  }

  /** An executor spoke. */
  frameworkMessage(
    _driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    data: Uint8Array,
  ): void {
    const message = decodeNodeInfo(data);
    const from = { agentId: agentId.value, executorId: executorId.value };
    if (message) {
      this.#versions.check(message.version, { node: message.address, ...from });
      this.#submit({ type: "NODE_INFO", ...from, message });
    } else {
      this.#log.debug("Ignoring a message of executor {executorId}", {
        executorId: executorId.value,
      });
    }
  }

  /** An agent was removed. */
  agentLost(_driver: SchedulerDriver, agentId: AgentID): void {
    // Of nodes that are known, the event says so.
    this.#log.debug("Agent {agentId} was removed", { agentId: agentId.value });
    this.#submit({ type: "AGENT_LOST", agentId: agentId.value });
  }

  /** An executor has ended. */
  executorLost(
    _driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    status: number,
  ): void {
    this.#submit({
      type: "EXECUTOR_LOST",
      agentId: agentId.value,
      executorId: executorId.value,
      status,
    });
  }

  /** The subscription ended for good. */
  error(_driver: SchedulerDriver, error: Error): void {
    if (error instanceof FrameworkRemovedError) {
      this.#log.error("{error}; registering as a new framework", { error });
      this.#submit({ type: "FRAMEWORK_REMOVED" });
      return;
    }
    this.#refused(error);
  }
}
