import { assertEquals, assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { readSecretFile } from "./secret_file.ts";
import { UsageError } from "../support/usage_error.ts";

async function secretFile(
  directory: TemporaryDirectory,
  { content, mode }: { content: string; mode: number },
): Promise<string> {
  const path = directory.at("secret");
  await Deno.writeTextFile(path, content);
  await Deno.chmod(path, mode);
  return path;
}

Deno.test("readSecretFile() leaves out the newline at the end, and no more", async () => {
  await using directory = await TemporaryDirectory.create();
  for (const content of ["a b ", "a b \n", "a b \r\n"]) {
    assertEquals(readSecretFile(await secretFile(directory, { content, mode: 0o600 })), "a b ");
  }
  const path = await secretFile(directory, { content: "two\n\n", mode: 0o400 });
  assertEquals(readSecretFile(path), "two\n");
});

Deno.test("readSecretFile() refuses what others may read or write", async () => {
  await using directory = await TemporaryDirectory.create();
  for (const mode of [0o644, 0o640, 0o604, 0o620, 0o602, 0o601]) {
    const path = await secretFile(directory, { content: "secret", mode });
    assertThrows(() => readSecretFile(path), UsageError, "run chmod 600 on it");
  }
});

Deno.test("readSecretFile() refuses what is empty or missing, or no file", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = await secretFile(directory, { content: "\n", mode: 0o600 });
  assertThrows(() => readSecretFile(path), UsageError, "it is empty");
  const missing = directory.at("missing");
  assertThrows(
    () => readSecretFile(missing),
    UsageError,
    `Cannot read ${missing}: No such file or directory`,
  );
  await Deno.mkdir(directory.at("directory"), { mode: 0o700 });
  assertThrows(() => readSecretFile(directory.at("directory")), UsageError, "Is a directory");
});
