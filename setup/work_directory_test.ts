import { assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { checkWorkDirectory } from "./work_directory.ts";

Deno.test("checkWorkDirectory() takes a directory, and what is not there yet", async () => {
  await using directory = await TemporaryDirectory.create();
  checkWorkDirectory(directory.path);
  checkWorkDirectory(directory.at("not", "yet"));
});

Deno.test("checkWorkDirectory() refuses what is no directory, and what is below such", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.writeTextFile(directory.at("file"), "");
  await Deno.symlink("nowhere", directory.at("broken"));
  const wrong = [["file"], ["file", "below"], ["broken"]].map((names) => directory.at(...names));
  for (const path of [...wrong, "/dev/null"]) {
    assertThrows(() => checkWorkDirectory(path), UsageError, `${path} is not a directory`);
  }
});
