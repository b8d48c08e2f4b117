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
