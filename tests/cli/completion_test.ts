/**
 * The completion of commands and options, in the shells that it is for.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { missingProgram, testUnless } from "../kit/test_unless.ts";
import { Workplace } from "../kit/workplace.ts";

async function run(place: Workplace, shell: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(shell, {
    args: [...args],
    cwd: place.path,
    env: { HOME: place.path, ZDOTDIR: place.path, TERM: "dumb" },
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Completes the last of the words. */
const BASH = `source ./script
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _toil_mesos; echo "\${COMPREPLY[@]}"; }
try toil-mesos subm
try toil-mesos submit --arr
try toil-mesos completion z
try toil-mesos scheduler --executor-u
`;

/** Types into an interactive shell on a terminal, with a tab after each word that is to be completed. */
const ZSH = `zmodload zsh/zpty
zpty shell zsh -f -i
send() { zpty -w -n shell "$1"$'\\n' }
send 'toil-mesos() { print -r -- "RAN<$*>" }; autoload -Uz compinit; compinit -u -D; source ./script'
send $'toil-mesos subm\\t'
send $'toil-mesos submit --arr\\t 1-3'
send $'toil-mesos completion z\\t'
send $'toil-mesos submit --jobs jobs.j\\t'
send exit
while zpty -r shell line; do print -r -- "$line"; done
`.replaceAll("\\\\", "\\");

async function prepare(place: Workplace, shell: string): Promise<void> {
  const { stdout } = await place.run(["completion", shell]);
  await Deno.writeTextFile(place.at("script"), stdout);
}

Deno.test("bash completes commands, options and words", async () => {
  await using place = await Workplace.create();
  await prepare(place, "bash");
  const lines = (await run(place, "bash", ["-c", BASH])).trimEnd().split("\n");
  assertEquals(lines, ["submit", "--array", "zsh", "--executor-uri"]);
});

testUnless(
  await missingProgram("zsh"),
  "zsh completes commands, options, words and files",
  async () => {
    await using place = await Workplace.create();
    await prepare(place, "zsh");
    await place.jobs([]);
    const screen = await run(place, "zsh", ["-f", "-c", ZSH]);
    assertEquals([...screen.matchAll(/^RAN<(.*?)>/gm)].map(([, words]) => words), [
      "submit",
      "submit --array 1-3",
      "completion zsh",
      "submit --jobs jobs.jsonl",
    ]);
  },
);
