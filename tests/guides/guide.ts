/**
 * The blocks of a guide, as a reader would use them: some are files, named right before the block,
 * the others are typed into a shell.
 *
 * @module
 */

import { join } from "node:path";
import { quoteWords } from "../../support/shell_words.ts";
import { PROGRAM } from "../kit/program.ts";
import { ROOT } from "../kit/sources.ts";
import { type Ended, Running, type Workplace } from "../kit/workplace.ts";

const BLOCK_REGEXP = /(?:`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms;

/** What a guide has its reader do. */
export interface Guide {
  /** Texts by the name of the file. */
  readonly files: ReadonlyMap<string, string>;
  /** Commands for a shell, block by block. */
  readonly commands: readonly string[];
}

/** Reads a guide of docs/guides. */
export async function readGuide(name: string): Promise<Guide> {
  const text = await Deno.readTextFile(join(ROOT, "docs/guides", name));
  const files = new Map<string, string>();
  const commands: string[] = [];
  for (const [, path, language, block = ""] of text.matchAll(BLOCK_REGEXP)) {
    if (path !== undefined) files.set(path, block);
    else if (language === "sh") commands.push(block);
    else throw new Error(`Cannot use a block of ${name}: no file is named before it: ${block}`);
  }
  return { files, commands };
}

/** The only block of commands that holds this text. */
export function commandWith(guide: Guide, text: string): string {
  const [command, other] = guide.commands.filter((each) => each.includes(text));
  if (command === undefined || other !== undefined) {
    throw new Error(`Expected one block with ${text}`);
  }
  return command;
}

/** A shell whose commands include `toil-mesos`. */
export class GuideShell {
  readonly #place: Workplace;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(place: Workplace, env: Readonly<Record<string, string>>) {
    this.#place = place;
    this.#env = env;
  }

  /** Programs are further commands: the name of each, and the words that it stands for. */
  static async create(
    place: Workplace,
    programs: Readonly<Record<string, readonly string[]>> = {},
  ): Promise<GuideShell> {
    await Deno.mkdir(place.at("bin"));
    for (const [name, words] of Object.entries({ "toil-mesos": PROGRAM, ...programs })) {
      const script = `#!/bin/sh\nexec ${quoteWords(words)} "$@"\n`;
      await Deno.writeTextFile(place.at("bin", name), script, { mode: 0o755 });
    }
    return new GuideShell(place, {
      DENO_DIR: await denoDirectory(),
      NO_COLOR: "1",
      PATH: `${place.at("bin")}:${Deno.env.get("PATH")}`,
      TMPDIR: place.at("tmp"),
      XDG_RUNTIME_DIR: place.at("run"),
      XDG_STATE_HOME: place.at("state"),
    });
  }

  /** Starts a script, in the directory of the place. */
  start(script: string, env: Readonly<Record<string, string>> = {}): Running {
    const child = new Deno.Command("bash", {
      args: ["-c", script],
      cwd: this.#place.path,
      env: { ...this.#env, ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const running = new Running(child);
    running.endInput();
    return running;
  }

  /** Runs a script. */
  run(script: string, env?: Readonly<Record<string, string>>): Promise<Ended> {
    return this.start(script, env).ended;
  }
}

/** Where Deno keeps what it has downloaded, also for scripts that have another cache. */
async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
