/**
 * The options by which users say which Mesos to use, and as whom; also under the names that Toil
 * has for them.
 *
 * @see toil.batchSystems.mesos.batchSystem.MesosBatchSystem.add_options
 * @module
 */

/** One option. */
export interface OptionDefinition {
  /** In kebab case: `--framework-id`. */
  readonly name: string;
  /** Other spellings, such as Toil's. */
  readonly aliases: readonly string[];
  /** What stands for the value in a help text. */
  readonly value: string;
  /** For people. */
  readonly description: string;
  /** Whether it may be given several times. */
  readonly repeatable: boolean;
}

/** Something that options can be added to. */
export interface OptionParser {
  /** Adds one. */
  addOption(definition: OptionDefinition): void;
}

/** Takes an option's value from wherever it was given. */
export type OptionSetter = (
  name: string,
  options: { readonly env: string; readonly oldNames: readonly string[] },
) => void;

/** The options. */
export const MESOS_OPTIONS: readonly OptionDefinition[] = [
  {
    name: "endpoint",
    aliases: ["mesosEndpoint", "mesosMaster"],
    value: "E",
    description:
      "Mesos: HOST[:PORT], http(s)://HOST:PORT, several with commas, zk://HOST:PORT,…/PATH, " +
      "or local[:AGENTS] for an embedded one",
    repeatable: false,
  },
  {
    name: "framework-id",
    aliases: ["mesosFrameworkId"],
    value: "ID",
    description: "resume this framework",
    repeatable: false,
  },
  {
    name: "role",
    aliases: ["mesosRole"],
    value: "R",
    description: "the Mesos role to get offers for",
    repeatable: true,
  },
  {
    name: "name",
    aliases: ["mesosName"],
    value: "NAME",
    description: "the name of the framework",
    repeatable: false,
  },
];

/** The environment variable that stands for an option that was not given. */
export function optionVariable(name: string): string {
  return `TOIL_MESOS_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Adds the options to a parser. */
export function addOptions(parser: OptionParser): void {
  for (const option of MESOS_OPTIONS) parser.addOption(option);
}

/** Has every option's value set. */
export function setOptions(setOption: OptionSetter): void {
  for (const { name, aliases } of MESOS_OPTIONS) {
    setOption(name, { env: optionVariable(name), oldNames: aliases });
  }
}

/** This host's address, where users who name no Mesos have one. */
export function getDefaultMesosEndpoint(): string {
  const address = Deno.networkInterfaces()
    .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;
  return `${address ?? "127.0.0.1"}:5050`;
}
