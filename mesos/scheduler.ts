/**
 * The two sides of a framework scheduler: what a driver calls, and what it offers.
 * The names are those of Mesos' own scheduler library.
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
  /** The first subscription stands. */
  registered(driver: SchedulerDriver, frameworkId: FrameworkID, masterInfo?: MasterInfo): void;
  /** A later subscription stands, perhaps with another master. Offers of before are void. */
  reregistered(driver: SchedulerDriver, masterInfo?: MasterInfo): void;
  /** The subscription broke; the driver is trying to get it back. Calls of before may be lost. */
  disconnected(driver: SchedulerDriver, reason: Error): void;
  /** A launch was refused for its size, by the master or a proxy before it: nothing of it has
   * happened, and its offers are still to be answered. */
  launchTooLarge(driver: SchedulerDriver, call: SchedulerRequest): void;
  /** New offers. */
  resourceOffers(driver: SchedulerDriver, offers: Offer[]): void;
  /** An offer is no longer valid. */
  offerRescinded(driver: SchedulerDriver, offerId: OfferID): void;
  /** A task's state. Where it has a uuid it must be acknowledged, once it is safe. */
  statusUpdate(driver: SchedulerDriver, status: TaskStatus): void;
  /** Bytes from an executor. */
  frameworkMessage(
    driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    data: Uint8Array,
  ): void;
  /** An agent was removed. */
  agentLost(driver: SchedulerDriver, agentId: AgentID): void;
  /** An executor ended; `status` as waitpid(2) gives it. */
  executorLost(
    driver: SchedulerDriver,
    executorId: ExecutorID,
    agentId: AgentID,
    status: number,
  ): void;
  /** The master ended the subscription for good, or refuses us. The driver has stopped trying. */
  error(driver: SchedulerDriver, error: Error): void;
}

/** A call to the master, less what the driver fills in. */
export interface SchedulerRequest extends Omit<SchedulerCall, "framework_id"> {
  /** Whether no other call is to wait for this one, nor keep its order with it. @default {false} */
  readonly isAside?: boolean;
}

/** The way to the master. */
export interface SchedulerDriver {
  /** Why there is no subscription, as far as that is known. */
  readonly lastError: Error | undefined;
  /** Connects, and keeps connecting. */
  start(): void;
  /**
   * Sends a call. Calls are sent in order, acknowledgements beside them. A call that can't be
   * delivered breaks the subscription (see `Scheduler.disconnected`): after the next one the caller
   * says again what it still wants. Calls made while disconnected are dropped for the same reason.
   */
  send(request: SchedulerRequest): void;
  /** Closes the subscription; the framework and its tasks stay for the failover timeout. */
  stop(): Promise<void>;
  /**
   * Removes the framework, its tasks and executors, and stops. Tries for at most `timeoutMs`;
   * resolves to whether a master has taken the call, or there was nothing to remove.
   */
  teardown(timeoutMs: number): Promise<boolean>;
  /** Settles when the driver has stopped. */
  join(): Promise<void>;
}
