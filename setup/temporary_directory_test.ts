import { assertEquals, assertRejects } from "@std/assert";
import { basename, join } from "node:path";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { RunDirectory } from "./temporary_directory.ts";

const MARK_NAME = ".toil-mesos-temporary";

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** What a process leaves that is killed: its lock has gone, the directory has not. */
async function leaveBehind(parent: string): Promise<string> {
  await using made = await RunDirectory.create(parent);
  const left = join(parent, `toil-mesos-${crypto.randomUUID()}`);
  await Deno.mkdir(left);
  await Deno.copyFile(join(made.path, MARK_NAME), join(left, MARK_NAME));
  await Deno.writeTextFile(join(left, "archive"), "x");
  return left;
}

Deno.test("RunDirectory removes what a killed process has left beside it, and nothing that is in use", async () => {
  await using parent = await TemporaryDirectory.create();
  await leaveBehind(parent.path);
  await using used = await RunDirectory.create(parent.path);
  await using directory = await RunDirectory.create(parent.path);
  assertEquals(
    names(parent.path),
    [used.path, directory.path].map((each) => basename(each)).sort(),
  );
  assertEquals((Deno.statSync(directory.path).mode ?? 0) & 0o777, 0o700);
});

Deno.test("RunDirectory removes nothing that was made by something else, or by another user", async () => {
  await using parent = await TemporaryDirectory.create();
  await using elsewhere = await TemporaryDirectory.create();
  const marked = await leaveBehind(elsewhere.path);
  const strangers = ["tmp", "toil-mesos-notes", "toil-mesos-mine", "elsewhere"];
  if (Deno.uid() === 0) strangers.push("toil-mesos-theirs");
  for (const name of strangers) {
    Deno.mkdirSync(parent.at(name));
    Deno.writeTextFileSync(parent.at(`${name}/precious`), "x");
  }
  // Neither another mark nor a link to a marked directory counts.
  Deno.writeTextFileSync(parent.at(`toil-mesos-mine/${MARK_NAME}`), "mine");
  Deno.symlinkSync(marked, parent.at("toil-mesos-link"));
  Deno.symlinkSync(join(marked, MARK_NAME), parent.at(`toil-mesos-notes/${MARK_NAME}`));
  if (Deno.uid() === 0) {
    Deno.copyFileSync(join(marked, MARK_NAME), parent.at(`toil-mesos-theirs/${MARK_NAME}`));
    for (const name of ["", MARK_NAME]) {
      Deno.chownSync(parent.at("toil-mesos-theirs", name), 65_534, 65_534);
    }
  }
  {
    await using directory = await RunDirectory.create(parent.path);
    const expected = [...strangers, "toil-mesos-link", basename(directory.path)].sort();
    assertEquals(names(parent.path), expected);
  }
  for (const name of strangers) {
    assertEquals(names(parent.at(name)).includes("precious"), true, name);
  }
  assertEquals(names(marked), [MARK_NAME, "archive"]);
});

Deno.test("RunDirectory removes what jobs made read-only, as a user who is not root", async () => {
  await using parent = await TemporaryDirectory.create();
  const directory = await leaveBehind(parent.path);
  const locked = join(directory, "sandbox", "read-only");
  await Deno.mkdir(locked, { recursive: true });
  await Deno.writeTextFile(join(locked, "file"), "x");
  await Deno.chmod(locked, 0o500);
  await Deno.chmod(join(directory, "sandbox"), 0o500);
  const module = import.meta.resolve("./temporary_directory.ts");
  const code = `import { RunDirectory } from "${module}";` +
    "await using _directory = await RunDirectory.create(Deno.args[0]);";
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, code);
  const config = new URL("../deno.json", import.meta.url).pathname;
  const args = ["run", "--quiet", "--allow-all", "--config", config, script, parent.path];
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

Deno.test("RunDirectory.create() says why it can't", async () => {
  await assertRejects(
    () => RunDirectory.create("/proc/nowhere"),
    UsageError,
    "Cannot make a temporary directory in /proc/nowhere: ",
  );
});
