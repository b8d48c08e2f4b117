import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { runCode } from "../tests/kit/run_code.ts";
import { DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { DirectoryStore } from "./directory_store.ts";
import { UserScriptError } from "./resource_errors.ts";
import { FileServer } from "./file_server.ts";
import { HttpStore } from "./http_store.ts";
import {
  DirectoryResource,
  type Environment,
  FileResource,
  Resource,
  VirtualEnvResource,
} from "./resource.ts";
import { md5Of, readTree, sha256Of, TemporaryDirectory, writeTree } from "./testing.ts";

const SCRIPT = "#!/bin/sh\necho hello\n";
const TREE = { "bin": "directory", "bin/run": `executable:${SCRIPT}`, "data.txt": "file:data" };

/** A leader with a store, and a node with an environment, all in one directory. */
class Site implements AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly store: DirectoryStore;
  readonly environment: Environment;

  private constructor(directory: TemporaryDirectory) {
    this.directory = directory;
    this.store = new DirectoryStore(directory.at("store"));
    this.environment = { JTRES_ROOT: directory.at("node"), HOME: "/users/ann" };
  }

  static async create(): Promise<Site> {
    const directory = await TemporaryDirectory.create();
    await Deno.mkdir(directory.at("node"));
    await writeTree(directory.path, { "run.sh": `executable:${SCRIPT}` });
    await writeTree(directory.at("scripts"), TREE);
    return new Site(directory);
  }

  at(name: string): string {
    return this.directory.at(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.directory[Symbol.asyncDispose]();
  }
}

Deno.test("Resource.create() of a file describes and stores it", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("run.sh"));
  assert(resource instanceof FileResource);
  const pathHash = md5Of(site.at("run.sh"));
  assertEquals({ ...resource }, {
    className: "FileResource",
    module: "toil_mesos.resource",
    name: "run.sh",
    pathHash,
    url: `file://${site.at("store")}/${pathHash}#sha256=${sha256Of(SCRIPT)}&mode=755`,
    contentHash: md5Of(SCRIPT),
  });
  assertEquals(await Deno.readTextFile(join(site.at("store"), pathHash)), SCRIPT);
});

Deno.test("Resource.create() picks the class by what is there", async () => {
  await using site = await Site.create();
  const sitePackages = site.at("venv/lib/python3.12/site-packages");
  await writeTree(sitePackages, { "module.py": "file:pass" });
  await Deno.writeTextFile(site.at("venv/pyvenv.cfg"), "");
  assert(await Resource.create(site.store, sitePackages) instanceof VirtualEnvResource);
  const directory = await Resource.create(site.store, site.at("scripts"));
  assert(directory instanceof DirectoryResource && !(directory instanceof VirtualEnvResource));
});

Deno.test("Resource.create() refuses what is missing and what is too large, storing nothing", async () => {
  await using site = await Site.create();
  const missing = () => Resource.create(site.store, site.at("missing"));
  await assertRejects(
    missing,
    UserScriptError,
    `script ${site.at("missing")}: no such file or directory`,
  );
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, maxArchiveBytes: 10 };
  for (const name of ["run.sh", "scripts"]) {
    const large = () => Resource.create(site.store, site.at(name), { limits });
    await assertRejects(large, UserScriptError, "it needs more than 10 bytes");
  }
  assertEquals(await readTree(site.at("store")), {});
});

Deno.test("Resource.create() fails as a UserScriptError when the store's disk refuses", async () => {
  await using site = await Site.create();
  const store = new DirectoryStore(site.at("run.sh"));
  const error = await assertRejects(
    () => Resource.create(store, site.at("scripts")),
    UserScriptError,
    `Cannot deploy user script ${site.at("scripts")}: `,
  );
  assertEquals(error.path, site.at("scripts"));
});

Deno.test("Resource.download() gives a file the permissions that it had, whatever the umask", async () => {
  await using site = await Site.create();
  const modes = [0o444, 0o640, 0o755];
  const resources = await Promise.all(modes.map(async (mode) => {
    await Deno.writeTextFile(site.at(`script-${mode}`), SCRIPT);
    await Deno.chmod(site.at(`script-${mode}`), mode);
    return await Resource.create(site.store, site.at(`script-${mode}`));
  }));
  await runCode(
    `import { Resource } from "${import.meta.resolve("./resource.ts")}";
    for (const pickled of ${JSON.stringify(resources.map((resource) => resource.pickle()))}) {
      await Resource.unpickle(pickled).download(${JSON.stringify(site.environment)});
    }`,
    { umask: "077" },
  );
  for (const [i, resource] of resources.entries()) {
    const info = await Deno.stat(resource.localPath(site.environment));
    assertEquals((info.mode ?? 0) & 0o7777, modes[i]);
  }
});

Deno.test("Resource.download() brings a file, ready to be run", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("run.sh"));
  await resource.download(site.environment);
  const localPath = resource.localPath(site.environment);
  assertEquals(localPath, join(site.at("node"), md5Of(SCRIPT), "run.sh"));
  const { stdout } = await new Deno.Command(localPath).output();
  assertEquals(new TextDecoder().decode(stdout), "hello\n");
});

Deno.test("Resource.download() brings a directory over HTTP, with execute bits", async () => {
  await using site = await Site.create();
  const server = new FileServer({ hostname: "127.0.0.1" });
  const store = new HttpStore(server, site.at("served"));
  const resource = await Resource.create(store, site.at("scripts"));
  await resource.download(site.environment);
  assertEquals(resource.localPath(site.environment), resource.localDirPath(site.environment));
  assertEquals(await readTree(resource.localPath(site.environment)), TREE);
  await store.close();
  await server.close();
});

Deno.test("Resource.download() brings a package below its name", async () => {
  await using site = await Site.create();
  await writeTree(site.at("package"), { "__init__.py": "file:", "module.py": "file:pass" });
  const resource = await Resource.create(site.store, site.at("package"));
  await resource.download(site.environment);
  assertEquals(await readTree(resource.localPath(site.environment)), {
    "package": "directory",
    "package/__init__.py": "file:",
    "package/module.py": "file:pass",
  });
});

Deno.test("Resource.download() happens once, and calls back before others see it", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  const localPath = resource.localPath(site.environment);
  const seen: string[] = [];
  const callback = async (directory: string) => {
    seen.push(...Object.keys(await readTree(directory)));
    await Deno.writeTextFile(join(directory, ".stash"), "note");
    await assertRejects(() => Deno.stat(localPath), Deno.errors.NotFound);
  };
  await resource.download(site.environment, { callback });
  await Deno.remove(site.at("store"), { recursive: true });
  await resource.download(site.environment, { callback });
  assertEquals(seen, Object.keys(TREE));
  assertEquals(await readTree(site.at("node")), {
    [resource.contentHash]: "directory",
    [`${resource.contentHash}/.stash`]: "file:note",
    ...Object.fromEntries(
      Object.entries(TREE).map(([path, value]) => [`${resource.contentHash}/${path}`, value]),
    ),
  });
});

Deno.test("Resource.download() by many at once leaves one copy and nothing else", async () => {
  await using site = await Site.create();
  for (const name of ["scripts", "run.sh"]) {
    const resource = await Resource.create(site.store, site.at(name));
    await Promise.all(Array.from({ length: 10 }, () => resource.download(site.environment)));
  }
  assertEquals(Object.keys(await readTree(site.at("node"))).length, 1 + 3 + 2);
});

Deno.test("Resource.download() keeps files of the same content and another name apart", async () => {
  await using site = await Site.create();
  await Deno.copyFile(site.at("run.sh"), site.at("copy.sh"));
  for (const name of ["run.sh", "copy.sh"]) {
    const resource = await Resource.create(site.store, site.at(name));
    await resource.download(site.environment);
    assertEquals(await Deno.readTextFile(resource.localPath(site.environment)), SCRIPT);
  }
});

Deno.test("Resource.download() leaves nothing when the content is another or no archive", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  await Deno.writeTextFile(join(site.at("store"), resource.pathHash), "tampered");
  await assertRejects(() => resource.download(site.environment), UserScriptError, "its MD5 is");
  const { name, pathHash, url } = resource;
  const contentHash = md5Of("tampered");
  const forged = new DirectoryResource({ name, pathHash, url, contentHash });
  await assertRejects(() => forged.download(site.environment), UserScriptError, "its SHA-256 is");
  const unchecked = new DirectoryResource({ ...forged, url: url.slice(0, url.indexOf("#")) });
  const error = await assertRejects(() => unchecked.download(site.environment), UserScriptError);
  assertStringIncludes(error.message, "Cannot unpack user script archive scripts.zip: ");
  assertEquals(await readTree(site.at("node")), {});
});

Deno.test("Resource.download() fails as a UserScriptError when the disk refuses", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  await Deno.writeTextFile(site.at("occupied"), "");
  const download = () => resource.download({ JTRES_ROOT: site.at("occupied") });
  await assertRejects(
    download,
    UserScriptError,
    "Cannot deploy user script scripts: Not a directory",
  );
  await assertRejects(() => resource.download({}), UserScriptError, "JTRES_ROOT is not set");
});

Deno.test("Resource.lookup() finds what was registered, in a child's environment too", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  resource.register(site.environment);
  assertEquals(site.environment[`JTRES_${md5Of(site.at("scripts"))}`], resource.pickle());
  const child = { ...site.environment };
  const found = Resource.lookup(`${site.at("scripts")}/`, child);
  assertEquals(found, resource);
  assertEquals(Resource.lookup(site.at("other"), child), undefined);
});

Deno.test("Resource.lookup() refuses a resource that is registered as another", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  const environment = { [`JTRES_${md5Of("/other")}`]: resource.pickle() };
  assertThrows(() => Resource.lookup("/other", environment), UserScriptError, "as another path");
});

Deno.test("Resource.refresh() asks the store for the URL of now, and keeps the digests", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  await Deno.rename(site.at("store"), site.at("moved"));
  const refreshed = await resource.refresh(new DirectoryStore(site.at("moved")));
  const url = resource.url.replace("/store/", "/moved/");
  assertEquals({ ...refreshed }, { ...resource, url });
  assert(refreshed instanceof DirectoryResource);
});

Deno.test("Resource.prepareSystem() makes a directory once, and refuses a file", async () => {
  await using site = await Site.create();
  const environment: Environment = {};
  await Resource.prepareSystem(environment);
  const root = environment["JTRES_ROOT"] as string;
  assert((await Deno.stat(root)).isDirectory);
  await Resource.prepareSystem(environment);
  assertEquals(environment, { JTRES_ROOT: root });
  await Resource.cleanSystem(environment);
  await assertRejects(
    () => Resource.prepareSystem({ JTRES_ROOT: site.at("run.sh") }),
    UserScriptError,
    "is not a directory",
  );
});

Deno.test("Resource.cleanSystem() removes what was downloaded and the variables, and no others", async () => {
  await using site = await Site.create();
  const resource = await Resource.create(site.store, site.at("scripts"));
  resource.register(site.environment);
  await resource.download(site.environment);
  await Resource.cleanSystem(site.environment);
  await Resource.cleanSystem(site.environment);
  assertEquals(site.environment, { HOME: "/users/ann" });
  await assertRejects(() => Deno.stat(site.at("node")), Deno.errors.NotFound);
});
