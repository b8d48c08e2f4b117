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
  for (const path of [directory.at("file"), directory.at("file", "below"), "/dev/null"]) {
    assertThrows(() => checkWorkDirectory(path), UsageError, `${path} is not a directory`);
  }
});
