/**
 * The node information that an executor sends to the scheduler as a framework message in JSON.
 *
 * @see toil.batchSystems.abstractBatchSystem.NodeInfo
 * @module
 */

import { Expando } from "../support/expando.ts";
import { number, object, optional, text } from "../support/json_checks.ts";
import { VERSION } from "../support/version.ts";

/** The load of a node as its executor sees it. */
export interface NodeLoad {
  /** Share of all cores in use since the last message, 0 to 1. */
  coresUsed: number;
  /** Share of all memory in use, 0 to 1. */
  memoryUsed: number;
  /** Whole CPUs the executor may use. */
  coresTotal: number;
  /** Bytes of memory the executor may use. */
  memoryTotal: number;
  /** Jobs running under this executor. */
  workers: number;
}

/**
 * A periodic report: the address of the executor and the load of its node. Additional fields of a
 * newer executor are kept.
 */
export interface NodeInfoMessage extends Expando {
  /** The agent's address, as the agent advertises it. */
  address: string;
  /** The node's load. */
  nodeInfo: NodeLoad;
  /** Of the executor's program; absent before 0.3. */
  version?: string | undefined;
}

/** The largest message that is accepted; those of our executors are smaller. */
const MAX_NODE_INFO_BYTES = 16 * 1024;

/** The longest name of a host. */
const MAX_ADDRESS_CHARACTERS = 255;

const MAX_VERSION_CHARACTERS = 100;

const checkMessage = object({
  address: text((address) => address.length <= MAX_ADDRESS_CHARACTERS, "a shorter address"),
  nodeInfo: object({
    coresUsed: number(),
    memoryUsed: number(),
    coresTotal: number(),
    memoryTotal: number(),
    workers: number(),
  }),
  version: optional(text((version) => version.length <= MAX_VERSION_CHARACTERS, "a shorter text")),
});

/** Creates the message of an executor. */
export function nodeInfoMessage(address: string, nodeInfo: NodeLoad): NodeInfoMessage {
  return Object.assign(new Expando(), { address, nodeInfo, version: VERSION });
}

/** Encodes a framework message. */
export function encodeNodeInfo(message: NodeInfoMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** Decodes a framework message; undefined if it is another message. */
export function decodeNodeInfo(bytes: Uint8Array): NodeInfoMessage | undefined {
  if (bytes.length > MAX_NODE_INFO_BYTES) return undefined;
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes));
    const message = checkMessage(json);
    // Assigned, this name would replace the prototype.
    const fields = Object.entries(json).filter(([name]) => name !== "__proto__");
    return Object.assign(new Expando(), Object.fromEntries(fields), message);
  } catch {
    return undefined;
  }
}
