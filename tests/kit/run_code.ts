/**
 * Code in a process of its own: for what a whole process has one of, and test files that run at the
 * same time would change for each other.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** What the process has instead of what this one has. */
export interface ProcessOptions {
  /** Variables beyond those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** In octal. */
  readonly umask?: string;
}

const SHELL = 'umask "$1"; shift; exec "$@"';

/**
 * Runs a TypeScript module; resolves to its standard output.
 *
 * @throws {Error} with its standard error when it fails.
 */
export async function runCode(
  code: string,
  { env = {}, umask = "022" }: ProcessOptions = {},
): Promise<string> {
  const deno = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all"];
  const child = new Deno.Command("sh", {
    args: ["-c", SHELL, "sh", umask, ...deno, "--config", join(ROOT, "deno.json"), "-"],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(code));
  await input.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
