import { createHash } from "node:crypto";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TemporaryDirectory, writeTree } from "../resource/testing.ts";
import { Deployer, type DeployerOptions } from "./deployer.ts";
import { UsageError } from "../support/usage_error.ts";

/** Nobody is there: the address of this host stands in. */
const NO_MESOS = "127.0.0.1:1";

function open(directory: TemporaryDirectory, options: Partial<DeployerOptions>) {
  return Deployer.open({
    userScript: undefined,
    ownPlaces: [],
    userScriptExclude: [],
    executorUri: undefined,
    selfFile: undefined,
    endpoint: NO_MESOS,
    advertise: undefined,
    directory: directory.path,
    ...options,
  });
}

Deno.test("Deployer serves nothing where nothing is to be deployed", async () => {
  await using directory = await TemporaryDirectory.create();
  await using deployer = await open(directory, { executorUri: "http://10.0.0.1/toil-mesos" });
  assertEquals(deployer.userScript, undefined);
  assertEquals(deployer.executorUri, "http://10.0.0.1/toil-mesos");
});

Deno.test("Deployer serves user script and program as long as it is open", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, { "count.sh": "file:echo 1\n", program: "executable:binary" });
  const urls: string[] = [];
  {
    await using deployer = await open(directory, {
      userScript: directory.at("count.sh"),
      executorUri: "self",
      selfFile: directory.at("program"),
    });
    urls.push(deployer.userScript?.url ?? "", deployer.executorUri ?? "");
    assertMatch(urls[0] ?? "", /^http:\/\/[^/]+\/[0-9a-f]{32}\//);
    const digest = createHash("sha256").update("binary").digest("hex");
    assertEquals(new URL(urls[1] ?? "").pathname, `/${digest}/toil-mesos`);
    const [script, program] = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
    assertEquals([script, program], ["echo 1\n", "binary"]);
  }
  for (const url of urls) await assertRejects(() => fetch(url), TypeError);
});

Deno.test("Deployer has no program to give where there is none in one file", async () => {
  await using directory = await TemporaryDirectory.create();
  await assertRejects(
    () => open(directory, { executorUri: "self" }),
    UsageError,
    "--executor-uri self: this program is not one file",
  );
});

Deno.test("Deployer serves nothing any more when the user script can't be had", async () => {
  await using directory = await TemporaryDirectory.create();
  await assertRejects(() => open(directory, { userScript: directory.at("missing") }));
});

Deno.test("Deployer gives nodes the address that is advertised, and listens on its port once", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, { program: "executable:binary" });
  const self = { executorUri: "self", selfFile: directory.at("program") };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  {
    await using deployer = await open(directory, { ...self, advertise: `localhost:${port}` });
    const url = new URL(deployer.executorUri ?? "");
    assertEquals(url.host, `localhost:${port}`);
    assertEquals(await (await fetch(url)).text(), "binary");
  }
  {
    await writeTree(directory.path, { "count.sh": "file:echo 1\n", "other.sh": "file:echo 2\n" });
    const advertise = `localhost:${port}`;
    await using deployer = await open(directory, { ...self, advertise });
    const contents: string[] = [];
    for (const name of ["count.sh", "other.sh"]) {
      const { url } = await deployer.deploy(directory.at(name));
      contents.push(await (await fetch(url)).text());
    }
    assertEquals(contents, ["echo 1\n", "echo 2\n"]);
  }
  await using deployer = await open(directory, { ...self, advertise: "nat.example" });
  assertMatch(deployer.executorUri ?? "", /^http:\/\/nat\.example:\d+\//);
  for (const advertise of ["", "a:b", "a:0", "a:65536", "http://a", "u@a", "a/b", "::1", "[::1"]) {
    await assertRejects(() => open(directory, { ...self, advertise }), UsageError, "--advertise");
  }
});
