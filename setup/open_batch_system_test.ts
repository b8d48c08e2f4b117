import { assertEquals } from "@std/assert";
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
