/**
 * Generates docs/options.md from the definitions of the options: `deno task generate`.
 *
 * @module
 */

import { join } from "node:path";
import { COMMANDS } from "../cli/program.ts";
import { optionName } from "../cli/options/parse_options.ts";
import { optionVariable } from "../scheduler/mesos_options.ts";

/** The page, relative to the root. */
export const OPTIONS_PAGE = "docs/options.md";

const HEAD = `# Options

Generated from the option definitions by \`deno task generate\`; do not edit.

Every option can also be given as an environment variable; an option that may be repeated is then a
list with commas. Sizes are bytes, or a number with \`K M G T\` (decimal) or \`Ki Mi Gi Ti\` (binary).
Durations are a number with \`ms\`, \`s\`, \`m\`, \`h\`, \`d\` or \`w\`. A default stands in parentheses.
`;

/** The text of the page, before formatting. */
export function generateOptionsPage(): string {
  const sections = COMMANDS.filter(({ options }) => Object.keys(options).length > 0)
    .map(({ name, summary, options }) => {
      const rows = Object.entries(options).map(([key, option]) => {
        const names = [optionName(key), ...option.aliases ?? []].map((each) =>
          `\`--${each}${option.value === undefined ? "" : ` ${option.value}`}\``
        );
        const text = `${option.description}${option.repeatable ? " (repeatable)" : ""}`;
        const description = text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
        return `| ${names.join(", ")} | \`${optionVariable(optionName(key))}\` | ${description} |`;
      });
      return [
        `## toil-mesos ${name}\n`,
        `${summary[0]?.toUpperCase()}${summary.slice(1)}.\n`,
        "| option | variable | meaning |",
        "| --- | --- | --- |",
        ...rows,
        "",
      ].join("\n");
    });
  return [HEAD, ...sections].join("\n");
}

/** Formats Markdown as \`deno fmt\` does in this repository. */
export async function formatMarkdown(text: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "--config", join(import.meta.dirname ?? ".", "../deno.json"), "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const page = await formatMarkdown(generateOptionsPage());
  await Deno.writeTextFile(new URL(`../${OPTIONS_PAGE}`, import.meta.url), page);
}
