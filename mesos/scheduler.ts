/**
 * The interfaces of a framework scheduler and of its driver.
 * The names follow Mesos' own scheduler library.
 *
 * @module
 */

import type {
  AgentID,
  ExecutorID,
  FrameworkID,
  MasterInfo,
  Offer,
  OfferID,
  SchedulerCall,
  TaskStatus,
} from "./wire/messages.ts";

/** Callbacks of a scheduler. They must not throw and must not block; the driver calls them in the
 * order of the events. */
export interface Scheduler {
  /** The framework registered for the first time. */
  registered(driver: SchedulerDriver, frameworkId: FrameworkID, masterInfo?: MasterInfo): void;
  /** The framework resubscribed, perhaps with another master. Earlier offers are invalid. */
  reregistered(driver: SchedulerDriver, masterInfo?: MasterInfo): void;
  /** The subscription broke; the driver resubscribes. Earlier calls may be lost. */
  disconnected(driver: SchedulerDriver, reason: Error): void;
  /** A launch was refused for its size by the master or a proxy before it: no task was launched,
   * and its offers still need an answer. */
  launchTooLarge(driver: SchedulerDriver, call: SchedulerRequest): void;
  /** New offers arrived. */
  resourceOffers(driver: SchedulerDriver, offers: Offer[]): void;
  /** An offer is no longer valid. */
  offerRescinded(driver: SchedulerDriver, offerId: OfferID): void;
  /** The state of a task changed. An update with a uuid must be acknowledged once it is stored. */
  statusUpdate(driver: SchedulerDriver, status: TaskStatus): void;
  /** An executor sent a message. */
  frameworkMessage(
    driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    data: Uint8Array,
  ): void;
  /** An agent was removed. */
  agentLost(driver: SchedulerDriver, agentId: AgentID): void;
  /** An executor ended; `status` is a wait status as in waitpid(2). */
  executorLost(
    driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    status: number,
  ): void;
  /** The master ended or refused the subscription for good. The driver no longer retries. */
  error(driver: SchedulerDriver, error: Error): void;
}

/** A call to the master, without the fields that the driver fills in. */
export interface SchedulerRequest extends Omit<SchedulerCall, "framework_id"> {
  /** Whether to send the call outside the order of other calls. @default {false} */
  readonly isAside?: boolean;
}

/** The client of the master's scheduler API. */
export interface SchedulerDriver {
  /** Why there is no subscription, if known. */
  readonly lastError: Error | undefined;
  /** The master that there is a subscription with. */
  readonly master?: URL | undefined;
  /** Starts to connect, and reconnects until stopped. */
  start(): void;
  /**
   * Sends a call. Calls are sent in order, except for acknowledgements. A call that can't be
   * delivered breaks the subscription (see `Scheduler.disconnected`); after the next one, the
   * caller repeats the calls that still matter. Calls made while disconnected are dropped for the
   * same reason.
   */
  send(request: SchedulerRequest): void;
  /** Closes the subscription; the framework and its tasks remain for the failover timeout. */
  stop(): Promise<void>;
  /**
   * Removes the framework, its tasks and executors, and stops. Retries for at most `timeoutMs`;
   * resolves to whether a master accepted the call or there was nothing to remove.
   */
  teardown(timeoutMs: number): Promise<boolean>;
  /** Resolves when the driver has stopped. */
  join(): Promise<void>;
}
