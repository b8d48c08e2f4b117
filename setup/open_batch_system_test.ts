import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { HttpConnectionError } from "../http/http_client.ts";
import { AgentFiles } from "../mesos/agent_files.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { publishSecret } from "./cluster_secret.ts";
import { openBatchSystem } from "./open_batch_system.ts";

Deno.test("openBatchSystem() sends a user's credential to no agent, and that of an embedded Mesos to its own", async () => {
  await using directory = await TemporaryDirectory.create();
  const environment = { XDG_RUNTIME_DIR: directory.path };
  const secretFile = directory.at("secret");
  await Deno.writeTextFile(secretFile, "s3cret", { mode: 0o600 });
  const headerNames = async (options: { principal?: string; secretFile?: string }) => {
    await using resources = new AsyncDisposableStack();
    const endpoint = "127.0.0.1:5050";
    const opened = await openBatchSystem({ endpoint, ...options }, { resources, environment });
    await opened.batchSystem.shutdown();
    return Object.keys(opened.agents.headers);
  };
  assertEquals(await headerNames({}), []);
  assertEquals(await headerNames({ principal: "p", secretFile }), []);
  using _published = publishSecret(5050, "own", { environment });
  assertEquals(await headerNames({}), ["Authorization"]);
});

Deno.test("openBatchSystem() reads the files of agents that only --executor-ca-file makes trusted", async () => {
  await using directory = await TemporaryDirectory.create();
  const environment = { XDG_RUNTIME_DIR: directory.path };
  const tls = (name: string) => fileURLToPath(new URL(`../tests/tls/${name}`, import.meta.url));
  const cert = await Deno.readTextFile(tls("server.pem"));
  const key = await Deno.readTextFile(tls("server.key"));
  await using agent = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    () => Response.json({ data: "tail", offset: 4 }),
  );
  const file = { agentUrl: `https://127.0.0.1:${agent.addr.port}`, path: "/stderr" };
  const readTail = async (options: { caFile?: string; executorCaFile?: string }) => {
    await using resources = new AsyncDisposableStack();
    const opened = await openBatchSystem({ endpoint: "127.0.0.1:5050", ...options }, {
      resources,
      environment,
    });
    await opened.batchSystem.shutdown();
    await using files = new AgentFiles(opened.agents);
    return await files.readTail(file, 100);
  };
  assertEquals(await readTail({ executorCaFile: tls("ca.pem") }), "tail");
  assertEquals(await readTail({ caFile: tls("ca.pem") }), "tail");
  const both = { caFile: tls("ca.pem"), executorCaFile: tls("ca.pem") };
  assertEquals(await readTail(both), "tail");
  await assertRejects(() => readTail({}), HttpConnectionError, "certificate is not trusted");
});
