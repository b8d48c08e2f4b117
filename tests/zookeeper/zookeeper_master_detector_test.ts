import { assertEquals, assertThrows } from "@std/assert";
import { nextTick } from "node:process";
import {
  parseZooKeeperEndpoint,
  ZooKeeperMasterDetector,
} from "../../mesos/detector/zookeeper_master_detector.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Candidate, PERSISTENT_SEQUENTIAL, zooKeeperTest } from "../kit/zookeeper.ts";
import type { ZooKeeperServer } from "../kit/zookeeper_server.ts";

Deno.test("parseZooKeeperEndpoint() reads servers and path, and nothing else", () => {
  assertEquals(parseZooKeeperEndpoint("zk://a:1,b:2/mesos/x/"), {
    servers: "a:1,b:2",
    path: "/mesos/x",
  });
  for (
    const wrong of [
      ...["zk://a/mesos", "zk://a:1", "zk://a:1/", "http://a:1/m", "zk://a:1,/m"],
      ...["zk://a:0/m", "zk://a:65536/m", "zk://a:1,b:99999/m", "zk://[::1]:1/m"],
    ]
  ) {
    assertThrows(() => parseZooKeeperEndpoint(wrong), TypeError, "Cannot read", wrong);
  }
  const { message } = assertThrows(
    () => parseZooKeeperEndpoint("zk://u:hush@a:1/m"),
    TypeError,
    "Cannot take a credential from a ZooKeeper address",
  );
  assertEquals(message.includes("hush"), false);
});

Deno.test("ZooKeeperMasterDetector.lastError says why no leader is known", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const servers = `127.0.0.1:${listener.addr.port}`;
  const detector = new ZooKeeperMasterDetector({ servers, path: "/mesos" }, "http");
  assertEquals(detector.lastError, undefined);
  const abort = new AbortController();
  const asked = detector.next(abort.signal).catch(() => {});
  (await listener.accept()).close();
  const error = await waitFor(() => detector.lastError, "an error");
  assertEquals(error.message, `Cannot use ZooKeeper at ${servers}: connection refused or lost`);
  abort.abort();
  await asked;
  await detector.close();
});

Deno.test("ZooKeeperMasterDetector leaves no timer behind when it is closed while it connects", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const servers = `127.0.0.1:${listener.addr.port}`;
  const detector = new ZooKeeperMasterDetector({ servers, path: "/mesos" }, "http");
  const abort = new AbortController();
  const asked = detector.next(abort.signal).catch(() => {});
  // The library has begun to connect, and has not heard of it.
  await new Promise<void>((resolve) => nextTick(resolve));
  abort.abort();
  await asked;
  await detector.close();
});

function detect(server: ZooKeeperServer): ZooKeeperMasterDetector {
  return new ZooKeeperMasterDetector({ servers: server.address, path: "/mesos" }, "http");
}

const { signal } = new AbortController();

zooKeeperTest(
  "ZooKeeperMasterDetector finds the first master and ignores other nodes",
  async (server) => {
    const master = new Candidate(server, "/mesos");
    await master.connect();
    await master.create("/mesos", "");
    await master.create("/mesos/log_replicas", "");
    await master.register(1001);
    await master.register(1002);
    const detector = detect(server);
    assertEquals((await detector.next(signal)).href, "http://127.0.0.1:1001/");
    await detector.close();
    await master.close();
  },
);

zooKeeperTest("ZooKeeperMasterDetector waits for a path and a master to appear", async (server) => {
  const detector = detect(server);
  const found = detector.next(signal);
  const says = (text: string) =>
    waitFor(() => detector.lastError?.message.includes(text), `the error to be: ${text}`);
  await says(`Cannot find the leading master in ZooKeeper at ${server.address}/mesos: `);
  const master = new Candidate(server, "/mesos");
  await master.connect();
  await master.create("/mesos", "");
  await says("no master is registered there");
  await master.create("/mesos/json.info_0000000000", "{no JSON");
  await says("JSON");
  await master.remove("/mesos/json.info_0000000000");
  await master.register(1003);
  assertEquals((await found).port, "1003");
  assertEquals(detector.lastError, undefined);
  await detector.close();
  await master.close();
});

zooKeeperTest(
  "ZooKeeperMasterDetector follows the leader, and says when it changes",
  async (server) => {
    const master = new Candidate(server, "/mesos");
    await master.connect();
    await master.create("/mesos", "");
    const first = await master.register(1001);
    await master.register(1002);
    const detector = detect(server);
    let changes = 0;
    detector.watch(() => changes++);
    assertEquals((await detector.next(signal)).port, "1001");
    assertEquals(changes, 1);
    await master.remove(first);
    await waitFor(() => changes === 2, "the change to be noticed");
    assertEquals((await detector.next(signal)).port, "1002");
    await detector.close();
    await master.close();
  },
);

zooKeeperTest(
  "ZooKeeperMasterDetector makes a new session when its own has expired",
  async (server) => {
    const detector = detect(server);
    for (const port of [1001, 1002]) {
      const master = new Candidate(server, "/mesos");
      await master.connect();
      await master.create("/mesos", "");
      await master.register(port, PERSISTENT_SEQUENTIAL);
      await master.close();
      const found = async () => (await detector.next(signal)).port === String(port);
      await waitFor(found, `the leader at ${port}`);
      await server.kill();
      await server.forget();
      await server.resume();
    }
    await detector.close();
  },
);

zooKeeperTest(
  "ZooKeeperMasterDetector goes on after ZooKeeper was away",
  async (server) => {
    const master = new Candidate(server, "/mesos");
    await master.connect();
    await master.create("/mesos", "");
    // It outlives the client, whose library may hang when the server comes back.
    const first = await master.register(1001, PERSISTENT_SEQUENTIAL);
    await master.close();
    const detector = detect(server);
    assertEquals((await detector.next(signal)).port, "1001");
    await server.kill();
    await server.resume();
    const again = new Candidate(server, "/mesos");
    await again.connect();
    await again.register(1002);
    await again.remove(first);
    await waitFor(
      async () => (await detector.next(signal)).port === "1002",
      "the new leader",
      60_000,
    );
    await detector.close();
    await again.close();
  },
);

zooKeeperTest("ZooKeeperMasterDetector.next() ends when it is told to", async (server) => {
  const detector = detect(server);
  const abort = new AbortController();
  const asked = detector.next(abort.signal);
  abort.abort(new Error("no longer wanted"));
  let message = "";
  await asked.catch((error) => message = error.message);
  assertEquals(message, "no longer wanted");
  await detector.close();
});
