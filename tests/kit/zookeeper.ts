/**
 * What tests with a real ZooKeeper share.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import zookeeper from "node-zookeeper-client";
import { testUnless } from "./test_unless.ts";
import { findZooKeeper, ZooKeeperServer } from "./zookeeper_server.ts";

const { jars, obstacle } = await findZooKeeper();

/** A test with a ZooKeeper of its own; skipped, and told so, where none can be had. */
export function zooKeeperTest(
  name: string,
  test: (server: ZooKeeperServer) => Promise<void>,
): void {
  testUnless(obstacle && `no ZooKeeper can be had: ${obstacle}`, name, async () => {
    const server = await ZooKeeperServer.start(jars);
    try {
      await test(server);
    } finally {
      await server.stop();
    }
  });
}

/** The mode of a node that outlives its session. */
export const PERSISTENT_SEQUENTIAL = 2;
const EPHEMERAL_SEQUENTIAL = 3;

/** What a master does with ZooKeeper. Connect it first, and close it. */
export class Candidate {
  // deno-lint-ignore no-explicit-any -- the client has no types
  readonly #client: any;
  readonly #path: string;

  constructor(server: ZooKeeperServer, path: string) {
    this.#client = zookeeper.createClient(server.address, { sessionTimeout: 1000 });
    this.#path = path;
  }

  async connect(): Promise<void> {
    const connected = new Promise<void>((resolve) => this.#client.once("connected", resolve));
    this.#client.connect();
    await connected;
  }

  /** Registers a master; resolves to its node. */
  register(port: number, mode = EPHEMERAL_SEQUENTIAL): Promise<string> {
    const address = { hostname: "localhost", ip: "127.0.0.1", port };
    const data = JSON.stringify({ address, id: `m${port}` });
    return this.create(`${this.#path}/json.info_`, data, mode);
  }

  create(path: string, data: string, mode = 0): Promise<string> {
    return new Promise((resolve, reject) =>
      this.#client.create(
        path,
        Buffer.from(data),
        mode,
        (error: Error | null, created: string) => error ? reject(error) : resolve(created),
      )
    );
  }

  remove(path: string): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#client.remove(path, -1, (error: Error | null) => error ? reject(error) : resolve())
    );
  }

  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#client.once("disconnected", resolve));
    this.#client.close();
    await ended;
  }
}
