import { assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { checkStateDirectory } from "./state_directory.ts";
import { UsageError } from "../support/usage_error.ts";

Deno.test("checkStateDirectory() takes what is not there yet, and what is our own", async () => {
  await using directory = await TemporaryDirectory.create();
  checkStateDirectory(directory.at("missing"));
  checkStateDirectory(directory.path);
  await Deno.chmod(directory.path, 0o755);
  checkStateDirectory(directory.path);
});

Deno.test("checkStateDirectory() refuses what is no directory", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("file");
  await Deno.writeTextFile(path, "");
  for (const wrong of [path, `${path}/below`]) {
    assertThrows(() => checkStateDirectory(wrong), UsageError, `${wrong}: not a directory`);
  }
});

Deno.test("checkStateDirectory() refuses links that lead nowhere", async () => {
  await using directory = await TemporaryDirectory.create();
  for (const [name, target] of [["broken", "nowhere"], ["loop", "loop"]] as const) {
    await Deno.symlink(target, directory.at(name));
    assertThrows(() => checkStateDirectory(directory.at(name)), UsageError, "leads nowhere");
  }
});

Deno.test("checkStateDirectory() refuses what others can write to", async () => {
  await using directory = await TemporaryDirectory.create();
  for (const mode of [0o777, 0o775, 0o702]) {
    await Deno.chmod(directory.path, mode);
    assertThrows(
      () => checkStateDirectory(directory.path),
      UsageError,
      `Cannot keep the state in ${directory.path}: others can write to it; run chmod go-w on it`,
    );
  }
});

Deno.test("checkStateDirectory() refuses what is somebody else's", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.path;
  const stranger = (Deno.uid() ?? 0) + 1;
  assertThrows(
    () => checkStateDirectory(path, stranger),
    UsageError,
    `Cannot keep the state in ${path}: it belongs to the user ${Deno.uid()}`,
  );
});
