/**
 * The command that starts this program again, on an agent or an embedded Mesos.
 *
 * @module
 */

import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { STARTED_FROM_SOURCE } from "../job/inherited_environment.ts";

/** Set by the self-extracting program to its own path. */
const PROGRAM_VARIABLE = "TOIL_MESOS_PROGRAM";

/** The running program. */
export interface ThisProgram {
  /** Words for a shell that start it, quoted where needed. */
  readonly command: string;
  /** Its file, where it is a single one. */
  readonly file: string | undefined;
}

/** The running program, or this module's own command line where another program has imported it. */
export function thisProgram(): ThisProgram {
  const file = Deno.env.get(PROGRAM_VARIABLE) ??
    (Deno.build.standalone ? Deno.execPath() : undefined);
  return { file, command: file === undefined ? sourceCommand() : quote(file) };
}

/**
 * Starts a program from its source. An executor has no `HOME`, so the command says where the cache
 * is; it never downloads, since its node may have no way to a registry.
 */
function sourceCommand(): string {
  const main = new URL("../main.ts", import.meta.url);
  const isFile = main.protocol === "file:";
  return [
    "env",
    `DENO_DIR=${cacheDirectory(Deno.env.toObject(), homeDirectory())}`,
    `${STARTED_FROM_SOURCE}=1`,
    Deno.execPath(),
    "run",
    "--quiet",
    "--cached-only",
    "--allow-all",
    ...(isFile ? ["--config", fileURLToPath(new URL("../deno.json", import.meta.url))] : []),
    isFile ? fileURLToPath(main) : main.href,
  ].map(quote).join(" ");
}

/**
 * Deno's cache directory, as Deno finds it.
 *
 * @param home The user's home directory by the password database.
 * @see "DENO_DIR" in the manual of Deno
 */
export function cacheDirectory(
  { DENO_DIR, XDG_CACHE_HOME = "", HOME }: Readonly<Record<string, string>>,
  home: string,
): string {
  if (DENO_DIR) return resolve(DENO_DIR);
  if (XDG_CACHE_HOME.startsWith("/")) return join(XDG_CACHE_HOME, "deno");
  return join(HOME || home, ".cache", "deno");
}

/** By the password database; the user of a container may not be in it. */
function homeDirectory(): string {
  try {
    return userInfo().homedir;
  } catch {
    return "/";
  }
}

function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
