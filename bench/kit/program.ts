/**
 * The program as users have it: compiled to one file, unpacked into a cache of its own.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../../tests/kit/sources.ts";
import { thisProgram } from "../../setup/this_program.ts";

const VARIABLE = "TOIL_MESOS_BENCH_PROGRAM";

/** A compiled program. */
export interface CompiledProgram {
  /** Its file. */
  readonly file: string;
  /** Words for a shell that start it. */
  readonly command: string;
}

function at(directory: string): CompiledProgram {
  const file = join(directory, "toil-mesos");
  return { file, command: `env XDG_CACHE_HOME='${directory}/cache' '${file}'` };
}

/** Compiles the program into a directory; the sections find it there. */
export async function compileProgram(directory: string): Promise<CompiledProgram> {
  const program = at(directory);
  const { success, stderr } = await new Deno.Command("sh", {
    args: [join(ROOT, "compile.sh"), program.file],
    env: { DENO: Deno.execPath() },
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot compile the program: ${new TextDecoder().decode(stderr)}`);
  Deno.env.set(VARIABLE, directory);
  return program;
}

/** The program that was compiled for this run of the benchmark; undefined: none was. */
export function compiledProgram(): CompiledProgram | undefined {
  const directory = Deno.env.get(VARIABLE);
  return directory === undefined ? undefined : at(directory);
}

/** Words for a shell that start the program of this checkout, compiled where it was. */
export function programCommand(): string {
  return compiledProgram()?.command ?? thisProgram().command;
}
