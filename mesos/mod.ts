/**
 * The Mesos v1 scheduler and executor APIs over HTTP: drivers, messages, and detection of the
 * leading master. Importing it reads and writes nothing.
 *
 * @module
 */

export * from "./detector/master_detector.ts";
export * from "./detector/zookeeper_master_detector.ts";
export * from "./executor.ts";
export type { ExecutorEnvironment } from "./executor_environment.ts";
export type { BackoffOptions } from "./http/backoff.ts";
export type { Credential } from "./http/credential.ts";
export type { HttpAnswer, HttpRequest, HttpTransport } from "../http/http_client.ts";
export type { Clock } from "../support/clock.ts";
export * from "./executor_driver.ts";
export type * from "./ids.ts";
export * from "./mesos_errors.ts";
export * from "./scheduler.ts";
export * from "./scheduler_driver.ts";
export type * from "./wire/messages.ts";
