/**
 * Logging: one category per folder, text or JSON lines on standard error.
 * Only `cli/` configures it; the pure files do not log at all.
 *
 * @module
 */

import {
  configureSync,
  getLogger as getLogTapeLogger,
  type LogLevel,
  type LogRecord,
} from "@logtape/logtape";
import { visible } from "./visible_text.ts";

/** Writes records; `{name}` in a message is replaced by the property of that name. */
export interface Logger {
  /** Logs a detail for developers. */
  debug(message: string, properties?: Record<string, unknown>): void;
  /** Logs normal progress for operators. */
  info(message: string, properties?: Record<string, unknown>): void;
  /** Logs a problem that the program handles. */
  warn(message: string, properties?: Record<string, unknown>): void;
  /** Logs a loss or a failure. */
  error(message: string, properties?: Record<string, unknown>): void;
}

const ROOT_CATEGORY = "toil-mesos";

/** The longest logged text: others, such as a master, may send longer ones. */
export const MAX_LOGGED_CHARACTERS = 8_192;

/** Levels as users name them, least severe first. */
export const LOG_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"] as const;
/** One of {@linkcode LOG_LEVELS}. */
export type LogLevelName = typeof LOG_LEVELS[number];

/** The format of log lines. */
export type LogFormat = "text" | "json";

const LOGTAPE_LEVEL: Readonly<Record<LogLevelName, LogLevel>> = {
  TRACE: "trace",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warning",
  ERROR: "error",
  CRITICAL: "fatal",
};

const LEVEL_NAME: Readonly<Record<LogLevel, LogLevelName>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  fatal: "CRITICAL",
};

const LEVEL_SYNONYMS: Readonly<Record<string, LogLevelName>> = {
  WARNING: "WARN",
  FATAL: "CRITICAL",
};

/** Parses the name of a level, in any case; `WARNING` and `FATAL` are accepted too. */
export function parseLogLevel(name: string): LogLevelName | undefined {
  const upper = name.toUpperCase();
  return LEVEL_SYNONYMS[upper] ?? LOG_LEVELS.find((level) => level === upper);
}

function cut(text: string): string {
  if (text.length <= MAX_LOGGED_CHARACTERS) return text;
  return `${text.slice(0, MAX_LOGGED_CHARACTERS)}… (${text.length} characters)`;
}

function readable(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}

interface Line {
  time: string;
  level: LogLevelName;
  category: string;
  message: string;
}

/** Formats a record as one line. */
function line(record: LogRecord): Line {
  return {
    time: new Date(record.timestamp).toISOString(),
    level: LEVEL_NAME[record.level],
    category: record.category.slice(1).join(".") || ROOT_CATEGORY,
    message: record.message.map(readable).join("").replaceAll(/\s*\n\s*/g, " "),
  };
}

/** `2026-11-23T04:23:00.123Z WARN  scheduler: text`. */
function formatText(record: LogRecord): string {
  const { time, level, category, message } = line(record);
  return `${time} ${level.padEnd(5)} ${category}: ${visible(cut(message))}`;
}

/** Formats a record as a JSON object with its properties. */
function formatJson(record: LogRecord): string {
  const shorten = (_: string, value: unknown) => {
    const shown = value instanceof Error ? value.stack : value;
    return typeof shown === "string" ? cut(shown) : shown;
  };
  return visible(JSON.stringify({ ...record.properties, ...line(record) }, shorten));
}

/** Options of {@linkcode configureRootLogger}. */
export interface LogConfiguration {
  /** Records below this level are dropped. */
  level: LogLevelName;
  /** Text, or one JSON object per line. */
  format: LogFormat;
  /** Writes one line, given without its newline. */
  write: (line: string) => void;
}

let configuration: LogConfiguration | undefined;

/**
 * Configures logging for this process; a second call replaces the first.
 *
 * @example
 * ```ts
 * import { configureRootLogger } from "@toil/mesos";
 *
 * configureRootLogger({ level: "WARN", format: "json", write: (line) => console.error(line) });
 * ```
 * @see toil.batchSystems.mesos.executor configure_root_logger
 */
export function configureRootLogger(wanted: LogConfiguration): void {
  configuration = wanted;
  const { level, format, write } = wanted;
  const formatRecord = format === "json" ? formatJson : formatText;
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(formatRecord(record)) },
    loggers: [
      { category: ROOT_CATEGORY, lowestLevel: LOGTAPE_LEVEL[level], sinks: ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
}

/**
 * Changes the log level of this process. Without {@linkcode configureRootLogger}, nothing is
 * logged, and the call has no effect.
 *
 * @throws {RangeError} when the level is unknown.
 * @example
 * ```ts
 * import { setLogLevel } from "@toil/mesos";
 *
 * setLogLevel("debug");
 * ```
 * @see toil.batchSystems.mesos.executor set_log_level
 */
export function setLogLevel(level: string): void {
  const name = parseLogLevel(level);
  if (name === undefined) {
    throw new RangeError(
      `Cannot read "${level}" as a log level: expected ${LOG_LEVELS.join(", ")}`,
    );
  }
  if (configuration) configureRootLogger({ ...configuration, level: name });
}

/**
 * The logger of a folder. Records carry the fixed keys `jobID, taskId, agentId, offerId,
 * executorId, frameworkId` as properties where they apply.
 */
export function getLogger(...category: string[]): Logger {
  return getLogTapeLogger([ROOT_CATEGORY, ...category]);
}
