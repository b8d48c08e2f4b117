import { assertEquals, assertRejects } from "@std/assert";
import { basename, join } from "node:path";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { makeTemporaryDirectory } from "./temporary_directory.ts";

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("makeTemporaryDirectory() removes what a killed scheduler has left in its state", async () => {
  await using state = await TemporaryDirectory.create();
  const left = await makeTemporaryDirectory(state.path);
  await Deno.writeTextFile(join(left, "archive"), "x");
  const directory = await makeTemporaryDirectory(state.path);
  assertEquals(names(state.path), [basename(directory)]);
  assertEquals((Deno.statSync(directory).mode ?? 0) & 0o777, 0o700);
});

Deno.test("makeTemporaryDirectory() removes nothing that it has not made", async () => {
  await using state = await TemporaryDirectory.create();
  const strangers = ["tmp", "toil-mesos-notes", "toil-mesos-mine", "elsewhere"];
  for (const name of strangers) {
    Deno.mkdirSync(state.at(name));
    Deno.writeTextFileSync(state.at(`${name}/precious`), "x");
  }
  // Neither another mark nor a link to a marked directory counts.
  Deno.writeTextFileSync(state.at("toil-mesos-mine/.toil-mesos-temporary"), "mine");
  const marked = await makeTemporaryDirectory(undefined);
  Deno.symlinkSync(marked, state.at("toil-mesos-link"));
  Deno.symlinkSync(
    join(marked, ".toil-mesos-temporary"),
    state.at("toil-mesos-notes/.toil-mesos-temporary"),
  );
  const directory = await makeTemporaryDirectory(state.path);
  assertEquals(names(state.path), [...strangers, "toil-mesos-link", basename(directory)].sort());
  for (const name of strangers) {
    assertEquals(names(state.at(name)).includes("precious"), true, name);
  }
  assertEquals(names(marked), [".toil-mesos-private", ".toil-mesos-temporary"]);
  await Deno.remove(marked, { recursive: true });
});

Deno.test("removeTemporaryDirectory() removes what jobs made read-only, as a user who is not root", async () => {
  const directory = await makeTemporaryDirectory(undefined);
  const locked = join(directory, "sandbox", "read-only");
  await Deno.mkdir(locked, { recursive: true });
  await Deno.writeTextFile(join(locked, "file"), "x");
  await Deno.chmod(locked, 0o500);
  await Deno.chmod(join(directory, "sandbox"), 0o500);
  const module = import.meta.resolve("./temporary_directory.ts");
  const code = `import { removeTemporaryDirectory } from "${module}";` +
    "await removeTemporaryDirectory(Deno.args[0]);";
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, code);
  const config = new URL("../deno.json", import.meta.url).pathname;
  const args = ["run", "--quiet", "--allow-all", "--config", config, script, directory];
  // Root passes by all permissions unless it has given that up.
  const caps = "-dac_override,-dac_read_search";
  const [program, ...words] = Deno.uid() === 0
    ? ["setpriv", `--inh-caps=${caps}`, `--bounding-set=${caps}`, Deno.execPath(), ...args]
    : [Deno.execPath(), ...args];
  const { success, stderr } = await new Deno.Command(program ?? "", { args: words }).output();
  await Deno.remove(script);
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  assertEquals(await Deno.stat(directory).catch(() => "removed"), "removed");
});

Deno.test("makeTemporaryDirectory() says why it can't", async () => {
  await assertRejects(
    () => makeTemporaryDirectory("/proc/nowhere"),
    UsageError,
    "Cannot make a temporary directory: ",
  );
});
