/**
 * Files whose names are not UTF-8. Deno can't open them, so standard tools do it: find,
 * xargs, ln, mv, chmod and readlink. They are used for such names only.
 *
 * @module
 */

import { join } from "node:path";
import { decodeName, encodeName } from "./raw_name.ts";

/** The replacement of a byte that is not UTF-8 in names from Deno. */
const REPLACEMENT = "\ufffd";

/** Whether a name or target from Deno may differ from the real one. */
export function mayBeRaw(text: string): boolean {
  return text.includes(REPLACEMENT);
}

async function run(
  command: string,
  { args, cwd, input }: { args: readonly string[]; cwd?: string; input?: readonly string[] },
): Promise<Uint8Array> {
  const process = new Deno.Command(command, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = process.output();
  if (input) {
    const writer = process.stdin.getWriter();
    for (const word of input) await writer.write(encodeName(`${word}\0`));
    await writer.close();
  }
  const { success, stdout, stderr } = await output;
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || `${command} has failed`);
  return stdout;
}

/**
 * Runs a command for groups of words: `xargs -0 -n <count> <command>`.
 *
 * @throws {Error} with the command's standard error when it fails.
 */
async function each(command: readonly string[], groups: readonly string[][]): Promise<void> {
  const [first] = groups;
  if (!first) return;
  await run("xargs", { args: ["-0", "-n", `${first.length}`, ...command], input: groups.flat() });
}

/** Renames files: pairs of old and new path. */
export function rename(pairs: readonly [from: string, to: string][]): Promise<void> {
  return each(["mv", "--"], pairs);
}

/** Creates links: pairs of target and path. */
export function link(pairs: readonly [target: string, path: string][]): Promise<void> {
  return each(["ln", "-s", "--"], pairs);
}

/** Changes modes: pairs of mode and path. */
export function changeModes(pairs: readonly [mode: number, path: string][]): Promise<void> {
  return each(["chmod"], pairs.map(([mode, path]) => [mode.toString(8), path]));
}

/** The raw names in a directory, and those that are links. */
export async function listRaw(cwd: string): Promise<{ names: string[]; links: Set<string> }> {
  const find = async (...tests: string[]) => {
    const args = [".", "-mindepth", "1", "-maxdepth", "1", ...tests, "-print0"];
    const text = decodeName(await run("find", { args, cwd }));
    return text.split("\0").slice(0, -1).map((path) => path.slice("./".length));
  };
  return { names: await find(), links: new Set(await find("-type", "l")) };
}

/** The raw target of a link in a directory. */
export async function readRawLink(cwd: string, name: string): Promise<string> {
  const args = ["-0", "readlink", "-n"];
  return decodeName(await run("xargs", { args, cwd, input: [`./${name}`] }));
}

/** Aliases for files whose names Deno can't open. Owns a temporary directory. */
export class Aliases implements AsyncDisposable {
  #directory: string | undefined;
  #count = 0;

  /** Creates a link to `directory/name` and returns its path. */
  async make(directory: string, name: string): Promise<string> {
    this.#directory ??= await Deno.makeTempDir({ prefix: "toil-mesos-" });
    const alias = join(this.#directory, `${this.#count++}`);
    await link([[`${directory}/${name}`, alias]]);
    return alias;
  }

  /** Removes the links. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#directory !== undefined) await Deno.remove(this.#directory, { recursive: true });
  }
}
