import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createServer } from "node:net";
import { runCode } from "../tests/kit/run_code.ts";
import { UserScriptError } from "./resource_errors.ts";
import { TemporaryDirectory, writeTree } from "./testing.ts";
import { inspectUserScript } from "./user_script.ts";

async function refusal(path: string): Promise<string> {
  const error = await assertRejects(() => inspectUserScript(path), UserScriptError);
  assertEquals(error.retryable, false);
  return error.message;
}

Deno.test("inspectUserScript() tells files, directories and site-packages apart", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, {
    "run.sh": "executable:",
    "scripts": "directory",
    "site-packages": "directory",
    "venv": "directory",
    "venv/pyvenv.cfg": "file:",
    "venv/lib/python3.12/site-packages": "directory",
    "linked": "link:run.sh",
  });
  const kindOf = async (name: string) => (await inspectUserScript(directory.at(name))).kind;
  assertEquals(await kindOf("run.sh"), "file");
  assertEquals(await kindOf("linked"), "file");
  assertEquals(await kindOf("scripts"), "directory");
  assertEquals(await kindOf("site-packages"), "directory");
  assertEquals(await kindOf("venv/lib/python3.12/site-packages"), "site-packages");
});

Deno.test("inspectUserScript() gives the absolute path, in plain form", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("scripts"));
  const { path } = await inspectUserScript(`${directory.path}//x/../scripts/`);
  assertEquals(path, directory.at("scripts"));
});

Deno.test("inspectUserScript() refuses what is missing, by name", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("missing");
  assertEquals(await refusal(path), `Cannot deploy user script ${path}: no such file or directory`);
  assertEquals(await refusal(""), 'Cannot deploy user script "": the path is empty');
});

Deno.test("inspectUserScript() refuses what can't be read", async () => {
  await using directory = await TemporaryDirectory.create();
  // Only for writing, and for root as well.
  await Deno.symlink("/proc/sys/net/ipv4/route/flush", directory.at("unreadable"));
  assertStringIncludes(await refusal(directory.at("unreadable")), "Permission denied");
});

Deno.test("inspectUserScript() refuses special files", async () => {
  await using directory = await TemporaryDirectory.create();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(directory.at("socket"), resolve));
  for (const path of [directory.at("socket"), "/dev/null"]) {
    const expected = `Cannot deploy user script ${path}: it is neither a file nor a directory`;
    assertEquals(await refusal(path), expected);
  }
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("inspectUserScript() refuses directories of the system", async () => {
  for (const path of ["/", "/tmp", "/usr/bin/", "/proc/self", "/etc/../var", "/sys/kernel"]) {
    assertStringIncludes(await refusal(path), "is a directory of the system");
  }
});

Deno.test("inspectUserScript() refuses home directories and what is above them", async () => {
  await using directory = await TemporaryDirectory.create();
  await writeTree(directory.path, {
    "homes": "directory",
    "homes/ann": "directory",
    "homes/ann/scripts": "directory",
    "link": "link:homes/ann",
    "all": "link:/",
  });
  const paths = ["homes/ann", "homes", "link", "all", "homes/ann/scripts"];
  const output = await runCode(
    `import { inspectUserScript } from "${import.meta.resolve("./user_script.ts")}";
    const paths = ${JSON.stringify(paths.map((path) => directory.at(path)))};
    const answers = paths.map((path) => inspectUserScript(path).then(() => "", String));
    console.log(JSON.stringify(await Promise.all(answers)));`,
    { env: { HOME: directory.at("link") } },
  );
  const [home = "", above = "", link = "", all = "", inside] = JSON.parse(output);
  assertStringIncludes(home, "it is a home directory");
  assertStringIncludes(above, "a home directory lies in it");
  const linked = `it is a home directory (a link to ${directory.at("homes", "ann")})`;
  assertStringIncludes(link, linked);
  assertStringIncludes(all, "(a link to /)");
  assertEquals(inside, "");
});
