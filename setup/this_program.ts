/**
 * How this program is started again, by an agent or by an embedded Mesos.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

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

function sourceCommand(): string {
  const main = new URL("../main.ts", import.meta.url);
  const isFile = main.protocol === "file:";
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--allow-all",
    ...(isFile ? ["--config", fileURLToPath(new URL("../deno.json", import.meta.url))] : []),
    isFile ? fileURLToPath(main) : main.href,
  ].map(quote).join(" ");
}

function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
