/**
 * An embedded Mesos: a master and agents over HTTP on loopback, for tests and for work that fits
 * one machine. Importing it reads and writes nothing.
 *
 * @module
 */

export * from "./cluster.ts";
