import { assert, assertEquals, assertRejects } from "@std/assert";
import { Deployment } from "./deployment.ts";
import { DirectoryStore } from "./directory_store.ts";
import { UserScriptError } from "./resource_errors.ts";
import { DirectoryResource, Resource } from "./resource.ts";
import { collect, md5Of, readTree, TemporaryDirectory, writeTree } from "./testing.ts";
import { zipDirectory } from "./zip_directory.ts";

const TREE = { "run.sh": "executable:#!/bin/sh\n" };

/** A server of one content, which counts the requests and fails the first few. */
class CountingServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  requests = 0;

  constructor(content: Uint8Array<ArrayBuffer>, { failures = 0 } = {}) {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, () => {
      const fails = this.requests++ < failures;
      return fails ? new Response("not yet", { status: 404 }) : new Response(content);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/script`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function archiveOf(directory: TemporaryDirectory): Promise<Uint8Array<ArrayBuffer>> {
  await writeTree(directory.at("scripts"), TREE);
  return Uint8Array.from(await collect(zipDirectory(directory.at("scripts"))));
}

function described(url: string, archive: Uint8Array, module?: "toil.resource"): Resource {
  const pathHash = md5Of("/leader/scripts");
  const fields = { name: "scripts", pathHash, url, contentHash: md5Of(archive) };
  return new DirectoryResource(fields, module);
}

Deno.test("Deployment.environmentFor() gives a job its unpacked directory", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.at("scripts"), TREE);
  const store = new DirectoryStore(directory.at("store"));
  const resource = await Resource.create(store, directory.at("scripts"));
  const root = directory.at("sandbox", "user-scripts");
  const deployment = new Deployment(root);
  assertEquals(await deployment.environmentFor(resource.pickle()), {
    JTRES_ROOT: root,
    [`JTRES_${resource.pathHash}`]: resource.pickle(),
    TOIL_MESOS_USER_SCRIPT: `${root}/${resource.contentHash}`,
  });
  assertEquals(await readTree(`${root}/${resource.contentHash}`), TREE);
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() gives a job its file", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("run.sh"), "exit 0");
  const store = new DirectoryStore(directory.at("store"));
  const resource = await Resource.create(store, directory.at("run.sh"));
  const deployment = new Deployment(directory.at("root"));
  const { TOIL_MESOS_USER_SCRIPT: file } = await deployment.environmentFor(resource.pickle());
  assertEquals(await Deno.readTextFile(file as string), "exit 0");
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() downloads once however many jobs ask", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await using server = new CountingServer(archive);
  const pickled = described(server.url, archive).pickle();
  const deployment = new Deployment(directory.at("root"));
  const ask = () => deployment.environmentFor(pickled);
  const environments = await Promise.all(Array.from({ length: 64 }, ask));
  environments.push(await ask());
  assertEquals(new Set(environments.map((each) => JSON.stringify(each))).size, 1);
  assertEquals(new Set(environments).size, 65); // each job may change its own
  assertEquals(server.requests, 1);
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() tells a failure to all who wait, and then tries again", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await using server = new CountingServer(archive, { failures: 1 });
  const pickled = described(server.url, archive).pickle();
  const deployment = new Deployment(directory.at("root"));
  const ask = () => deployment.environmentFor(pickled);
  const message = `Cannot download user script ${server.url}: HTTP 404`;
  await Promise.all([ask, ask, ask].map((job) => assertRejects(job, UserScriptError, message)));
  assertEquals(server.requests, 1);
  assert((await ask())["TOIL_MESOS_USER_SCRIPT"]);
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() brings back what a job has removed", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await using server = new CountingServer(archive);
  const deployment = new Deployment(directory.at("root"));
  const ask = () => deployment.environmentFor(described(server.url, archive).pickle());
  const { TOIL_MESOS_USER_SCRIPT: path } = await ask();
  await Deno.remove(path as string, { recursive: true });
  await ask();
  assertEquals(await readTree(path as string), TREE);
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() caches Toil's archives and unpacks none of them", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await using server = new CountingServer(archive);
  const resource = described(server.url, archive, "toil.resource");
  const root = directory.at("a sandbox");
  const deployment = new Deployment(root);
  const ask = () => deployment.environmentFor(resource.pickle());
  const [environment] = await Promise.all([ask(), ask(), ask()]);
  const url = `file:${directory.path}/a%20sandbox/cache/${md5Of(archive)}.zip`;
  assertEquals(environment, {
    JTRES_ROOT: root,
    [`JTRES_${resource.pathHash}`]:
      `toil.resource.DirectoryResource:["scripts", "${resource.pathHash}", "${url}", ` +
      `"${resource.contentHash}"]`,
  });
  assertEquals(await ask(), environment);
  assertEquals(await Deno.readFile(new URL(url)), archive);
  assertEquals(Object.keys(await readTree(root)), ["cache", `cache/${md5Of(archive)}.zip`]);
  assertEquals(server.requests, 1);
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() of a damaged archive of Toil's leaves nothing in the cache", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await using server = new CountingServer(archive.slice(1));
  const resource = described(server.url, archive, "toil.resource");
  const deployment = new Deployment(directory.at("root"));
  const ask = () => deployment.environmentFor(resource.pickle());
  await assertRejects(ask, UserScriptError, "its MD5 is");
  const elsewhere = resource.withUrl("ftp://127.0.0.1/script").pickle();
  await assertRejects(
    () => deployment.environmentFor(elsewhere),
    UserScriptError,
    "it is not an http",
  );
  assertEquals(await readTree(directory.at("root")), { "cache": "directory" });
  await deployment.clean();
});

Deno.test("Deployment.environmentFor() refuses what is no resource, and a root that is a file", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  await Deno.writeTextFile(directory.at("file"), "");
  const deployment = new Deployment(directory.at("file"));
  await assertRejects(
    () => deployment.environmentFor("x"),
    UserScriptError,
    "Cannot read user script",
  );
  const pickled = described("http://127.0.0.1/", archive).pickle();
  await assertRejects(() => deployment.environmentFor(pickled), UserScriptError, "Cannot deploy");
});

Deno.test("Deployment.clean() ends a download, removes all, and deploys no more", async () => {
  await using directory = await TemporaryDirectory.create();
  const archive = await archiveOf(directory);
  const asked = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked.resolve();
    return new Response(new ReadableStream({ start: (body) => body.enqueue(archive.slice(0, 9)) }));
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const deployment = new Deployment(directory.at("root"));
  const ask = () => deployment.environmentFor(described(url, archive).pickle());
  const ended = assertRejects(ask, UserScriptError, "user scripts were removed");
  await asked.promise;
  await deployment.clean();
  await ended;
  await deployment.clean();
  await assertRejects(ask, UserScriptError, "Cannot deploy user script scripts: user scripts were");
  await assertRejects(() => Deno.stat(directory.at("root")), Deno.errors.NotFound);
  await server.shutdown();
});

Deno.test("Deployment.clean() of one that has deployed nothing does nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  await new Deployment(directory.at("root")).clean();
  assertEquals(await readTree(directory.path), {});
});
