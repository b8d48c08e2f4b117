/**
 * `toil-mesos openapi`: the control API for programs that make clients of it.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { parseOptions } from "./options/parse_options.ts";
import { VERSION } from "../support/version.ts";

/** The subcommand. */
export const openApiCommand: Command = {
  name: "openapi",
  summary: "print the control API as an OpenAPI document",
  exitCodes: "0 printed, 2 wrong usage",
  usage: "",
  details: "Example: toil-mesos openapi > openapi.json",
  options: {},
  run: async (args, { environment, terminal }) => {
    parseOptions({}, args, environment);
    const { openApiDocument } = await import("../control/openapi.ts");
    terminal.output(JSON.stringify(openApiDocument(VERSION), undefined, 2));
    return EXIT_CODE.OK;
  },
};
