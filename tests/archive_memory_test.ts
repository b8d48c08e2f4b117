/**
 * That archives of many files are streamed: in a process of its own, of which the kernel says how
 * much memory it has had at most.
 *
 * @module
 */

import { assert } from "@std/assert";
import { join } from "node:path";
import { EXECUTOR_V8_FLAGS } from "../job/inherited_environment.ts";
import { TemporaryDirectory } from "../resource/testing.ts";
import { ROOT } from "./kit/sources.ts";

const FILES = 10_000;

/** Resident memory above that of the idle process. With everything held it would be 200 MiB. */
const MAX_MIB = 64;

const PROGRAM = `
import { join } from "node:path";
import { unzip } from "${new URL("../resource/unzip.ts", import.meta.url)}";
import { zipDirectory } from "${new URL("../resource/zip_directory.ts", import.meta.url)}";
const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))?.[1]);
const [action, root = ""] = Deno.args;
const idle = peak();
if (action === "pack") {
  const stream = ReadableStream.from(zipDirectory(join(root, "in")));
  await Deno.writeFile(join(root, "a.zip"), stream);
} else await unzip(join(root, "a.zip"), join(root, "out"));
console.log((peak() - idle) / 1024);
`;

/** Packing is a scheduler's, unpacking an executor's. */
const ENVIRONMENTS = {
  pack: {},
  unpack: { DENO_V8_FLAGS: EXECUTOR_V8_FLAGS },
};

async function peakMib(action: keyof typeof ENVIRONMENTS, root: string): Promise<number> {
  await Deno.writeTextFile(join(root, "program.ts"), PROGRAM);
  const args = ["run", "--quiet", "--allow-all", "--config", join(ROOT, "deno.json")];
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [...args, join(root, "program.ts"), action, root],
    env: ENVIRONMENTS[action],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

Deno.test(`an archive of ${FILES} files is packed and unpacked in bounded memory`, async () => {
  await using directory = await TemporaryDirectory.create();
  for (let i = 0; i < FILES; i++) {
    const parent = directory.at("in", `${i % 100}`);
    if (i < 100) Deno.mkdirSync(parent, { recursive: true });
    Deno.writeTextFileSync(join(parent, `${i}.txt`), `tiny file ${i}\n`.repeat(20));
  }
  for (const action of ["pack", "unpack"] as const) {
    const mib = await peakMib(action, directory.path);
    assert(mib < MAX_MIB, `${action}: ${mib} MiB`);
  }
});
