/**
 * ZIP archives of user scripts, some of them hostile: unpacked in their directory, or refused with
 * nothing left behind.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { DEFAULT_ARCHIVE_LIMITS } from "../../resource/archive_limits.ts";
import { UserScriptError } from "../../resource/resource_errors.ts";
import { rawZip, readTree, TemporaryDirectory } from "../../resource/testing.ts";
import { unzip } from "../../resource/unzip.ts";
import { mutateBytes } from "./mutation.ts";
import type { Target } from "./target.ts";

const LIMITS = { ...DEFAULT_ARCHIVE_LIMITS, maxUnpackedBytes: 100_000, maxEntries: 50 };

const TOKENS = ["../", "/", "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "\0\0\0\0"];

/** Every real path below a directory, and those that its links lead to. */
async function realPaths(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const path of Object.keys(await readTree(directory))) {
    paths.push(await Deno.realPath(join(directory, path)).catch(() => directory));
  }
  return paths;
}

/**
 * Unpacks an archive beside a file that must stay as it is; gives whether it was accepted.
 * Names may use `@` for the directory that must not be written to.
 */
export async function attack(archive: Uint8Array, directory: string): Promise<boolean> {
  await Deno.mkdir(join(directory, "victim"), { recursive: true });
  await Deno.writeTextFile(join(directory, "victim", "file"), "untouched");
  await Deno.writeFile(join(directory, "a.zip"), archive);
  const out = join(directory, "out");
  const accepted = await unzip(join(directory, "a.zip"), out, { limits: LIMITS }).then(
    () => true,
    (error) => {
      if (error instanceof UserScriptError) return false;
      throw error;
    },
  );
  if (accepted) {
    for (const path of await realPaths(out)) {
      assert(path === out || path.startsWith(`${out}/`), path);
    }
    await Deno.remove(out, { recursive: true });
  }
  const { "a.zip": _, ...rest } = await readTree(directory);
  assertEquals(rest, { "victim": "directory", "victim/file": "file:untouched" });
  return accepted;
}

function soundArchive(): Uint8Array {
  const script = "#!/bin/sh\nexit 0\n".repeat(20);
  return rawZip([
    { name: "d/", mode: 0o040755 },
    { name: "d/run.sh", content: script, deflate: true, mode: 0o100755 },
    { name: "link", content: "d/run.sh", mode: 0o120777 },
    { name: "plain", content: "text" },
  ]);
}

/** Archives. */
export const unzipTarget: Target = {
  name: "unzip",
  iterations: 200,
  seeds: () => [soundArchive()],
  mutate: (input, chance, others) => mutateBytes(input, chance, { tokens: TOKENS, others }),
  async check(archive) {
    await using directory = await TemporaryDirectory.create();
    return await attack(archive, directory.path) ? "unpacked" : "refused";
  },
};
