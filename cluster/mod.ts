/**
 * An embedded Mesos: a master and agents over HTTP on loopback, for tests and for work that fits
 * one machine. Importing it reads and writes nothing.
 *
 * @module
 */

export type { Credential } from "../mesos/http/credential.ts";
export * from "./cluster.ts";
