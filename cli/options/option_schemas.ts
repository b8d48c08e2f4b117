/**
 * Schemas for the values of options.
 *
 * @module
 */

import { z } from "zod";
import { parseLogLevel } from "../../support/log.ts";
import { parseDuration, parseSize } from "../../support/units.ts";
import { asError } from "../../support/reason.ts";

/** Reads a text with a function that throws on what it can't read. */
function readWith<T>(read: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: asError(error).message });
      return z.NEVER;
    }
  });
}

/** A text that is not empty. */
export const text: z.ZodType<string, string> = z.string().min(1, "expected a value");

/** A size, in bytes. */
export const size: z.ZodType<number, string> = readWith(parseSize);

/** A duration, in milliseconds. */
export const duration: z.ZodType<number, string> = readWith(parseDuration);

/** Cores: a number with at most three decimals that count. */
export const cores: z.ZodType<number, string> = readWith((given) => {
  const number = Number(given);
  if (given.trim() !== "" && number >= 0 && Number.isFinite(number)) return number;
  throw new RangeError(`Cannot read "${given}" as cores: expected e.g. 2 or 0.5`);
});

/** A whole number of things. */
export const count: z.ZodType<number, string> = readWith((given) => {
  if (/^\d+$/.test(given) && Number.isSafeInteger(Number(given))) return Number(given);
  throw new RangeError(`Cannot read "${given}" as an integer`);
});

/** A log level. */
export const logLevel: z.ZodType<ReturnType<typeof parseLogLevel> & string, string> = readWith(
  (given) => {
    const level = parseLogLevel(given);
    if (level) return level;
    throw new RangeError(
      `Cannot read "${given}" as a log level: expected TRACE, DEBUG, INFO, WARN, ERROR or CRITICAL`,
    );
  },
);

/** An option that takes no value. */
export const flag: z.ZodType<boolean, boolean | undefined> = z.boolean().default(false);
