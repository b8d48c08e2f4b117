/**
 * The options of what goes to the log, the same for every subcommand.
 *
 * @module
 */

import { z } from "zod";
import type { LogFormat, LogLevelName } from "../../support/log.ts";
import { logLevel } from "./option_schemas.ts";
import type { Option } from "./parse_options.ts";

/** `--log-level` and `--log-format`. */
export interface LogOptions {
  /** What is not written below it. */
  readonly logLevel: Option<z.ZodType<LogLevelName>>;
  /** For people or for programs. */
  readonly logFormat: Option<z.ZodType<LogFormat>>;
}

/**
 * The two options.
 *
 * @param defaultLevel The level where none is given.
 */
export function logOptions(defaultLevel: LogLevelName): LogOptions {
  return {
    logLevel: {
      value: "L",
      description: `TRACE, DEBUG, INFO, WARN, ERROR or CRITICAL (${defaultLevel})`,
      schema: logLevel.prefault(defaultLevel),
    },
    logFormat: {
      value: "F",
      description: "text or json (text)",
      schema: z.enum(["text", "json"], { error: "expected text or json" }).default("text"),
    },
  };
}
