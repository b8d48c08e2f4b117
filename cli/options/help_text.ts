/**
 * Help texts. Pure.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { type Option, optionName, type OptionTable } from "./parse_options.ts";

/** What a terminal has at least. */
const COLUMNS = 80;

/** Longer names of options stand on a line of their own. */
const MAX_NAME_COLUMNS = 30;

/** Breaks a text between words into lines of at most `columns` columns. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The lines of a help text that explain the options. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([key, option]) => ({
    name: `  --${optionName(key)}${option.value === undefined ? "" : ` ${option.value}`}`,
    description: describeOption(option),
  }));
  const width = Math.min(MAX_NAME_COLUMNS, Math.max(...rows.map(({ name }) => name.length)) + 2);
  return rows.flatMap(({ name, description }) => {
    const [first = "", ...others] = wrap(description, COLUMNS - width)
      .map((line) => " ".repeat(width) + line);
    return name.length + 2 > width
      ? [name, first, ...others]
      : [name + first.slice(name.length), ...others];
  }).join("\n");
}

function describeOption({ description, repeatable }: Option): string {
  return repeatable ? `${description} (repeatable)` : description;
}

/** The help text of a subcommand. */
export function describeCommand(
  { name, summary, usage, details, exitCodes, options }: Command,
): string {
  return [
    `toil-mesos ${name}: ${summary}`,
    "",
    `Usage: toil-mesos ${name} ${usage}`.trimEnd(),
    "",
    "Options:",
    describeOptions(options),
    ...(details ? ["", ...wrap(details, COLUMNS)] : []),
    "",
    ...wrap(`Exit codes: ${exitCodes}.`, COLUMNS),
  ].join("\n");
}
