import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { removeTree } from "./remove_tree.ts";

Deno.test("removeTree() removes read-only directories, files and links, and misses nothing", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.mkdir(join(directory, "a/b"), { recursive: true });
  await Deno.writeTextFile(join(directory, "a/b/c"), "", { mode: 0o400 });
  await Deno.symlink("/nowhere", join(directory, "a/link"));
  for (const name of ["a/b", "a"]) await Deno.chmod(join(directory, name), 0o500);
  await removeTree(directory);
  await removeTree(directory);
  assertEquals(await Deno.lstat(directory).catch(() => "removed"), "removed");
});
