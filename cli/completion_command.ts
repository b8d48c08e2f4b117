/**
 * `toil-mesos completion`: scripts by which shells complete commands and options.
 *
 * @module
 */

import { UsageError } from "../support/usage_error.ts";
import type { Command } from "./command.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { optionName, parseOptions } from "./options/parse_options.ts";
import { COMMANDS } from "./program.ts";

const SHELLS: ReadonlyMap<string, () => string> = new Map([["bash", bash], ["zsh", zsh]]);

/** The subcommand. */
export const completionCommand: Command = {
  name: "completion",
  summary: "print a script that completes commands and options",
  exitCodes: "0 printed, 2 the shell is not known",
  usage: "bash|zsh",
  details: 'Example: eval "$(toil-mesos completion bash)"',
  options: {},
  run: (args, { environment, terminal }) => {
    const { positional: [shell = "", ...rest] } = parseOptions({}, args, environment);
    const script = SHELLS.get(shell);
    if (!script || rest.length > 0) {
      throw new UsageError(`Expected bash or zsh, got "${shell}"`);
    }
    terminal.output(script());
    return Promise.resolve(EXIT_CODE.OK);
  },
};

/** What may follow the name of a command, besides files. */
function wordsOf({ name, options }: Command): string[] {
  const shells = name === completionCommand.name ? SHELLS.keys() : [];
  return [...shells, ...Object.keys(options).map((key) => `--${optionName(key)}`), "--help"];
}

function bash(): string {
  const cases = COMMANDS.map((command) =>
    `    ${command.name}) words="${wordsOf(command).join(" ")}" ;;`
  );
  return `_toil_mesos() {
  local words word=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${COMMANDS.map(({ name }) => name).join(" ")} --help --version"
  else case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _toil_mesos toil-mesos`;
}

function zsh(): string {
  const described = COMMANDS.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const cases = COMMANDS.map((command) =>
    `    ${command.name}) compadd -- ${wordsOf(command).join(" ")} ;;`
  );
  return `#compdef toil-mesos
_toil_mesos() {
  local -a commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${cases.join("\n")}
  esac
  _files
}
compdef _toil_mesos toil-mesos`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
