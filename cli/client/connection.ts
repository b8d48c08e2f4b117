/**
 * The connection of commands to a running scheduler.
 *
 * @module
 */

import { ControlClient } from "../../control/client.ts";
import type { JobId } from "../../job/job_id.ts";
import { defaultStateDirectory, findScheduler, tokenPath } from "../../setup/control_access.ts";
import { readSecretFile } from "../../setup/secret_file.ts";
import { type ControlAddress, parseControlAddress } from "../../support/control_address.ts";
import { UsageError } from "../../support/usage_error.ts";
import { flag, text } from "../options/option_schemas.ts";
import { type OptionTable, type OptionValues, parseOptions } from "../options/parse_options.ts";
import type { System } from "../system.ts";

/** What every client command understands. */
export const CLIENT_OPTIONS = {
  scheduler: {
    value: "ADDR",
    description: "the scheduler: unix:PATH or HOST:PORT (the one of this user on this host)",
    schema: text.optional(),
  },
  tokenFile: {
    value: "F",
    description: "the token, for HOST:PORT (token in the default state directory)",
    schema: text.optional(),
  },
  json: { description: "print JSON lines, the default in a pipe", schema: flag },
} as const;

/** No scheduler is named, and none of this user runs on this host: it may be restarting. */
export class SchedulerNotFoundError extends Error {
  override readonly name = "SchedulerNotFoundError";
  readonly retryable = true;
}

/** Variables of the environment that stand for options: others are meant for the scheduler. */
const VARIABLES = ["TOIL_MESOS_SCHEDULER", "TOIL_MESOS_TOKEN_FILE"];

/** Reads the arguments of a client command. */
export function parseClientOptions<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
  { environment }: System,
): { options: OptionValues<Table>; positional: string[] } {
  const known = VARIABLES.map((name) => [name, environment[name]]);
  return parseOptions(table, args, Object.fromEntries(known));
}

/**
 * Uses a scheduler.
 *
 * @throws {SchedulerNotFoundError} when none is named or found.
 */
export async function withScheduler<T>(
  { scheduler, tokenFile }: { scheduler: string | undefined; tokenFile: string | undefined },
  system: System,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const { environment } = system;
  const address = scheduler === undefined
    ? findScheduler({ environment })
    : parseControlAddress(scheduler, "--scheduler");
  if (!address) {
    throw new SchedulerNotFoundError(
      "Cannot find a scheduler: start one with toil-mesos scheduler --endpoint E, or name it " +
        "with --scheduler",
    );
  }
  await using client = new ControlClient({ address, token: readToken(address, tokenFile, system) });
  return await use(client);
}

function readToken(
  address: ControlAddress,
  tokenFile: string | undefined,
  { environment }: System,
): string | undefined {
  if ("path" in address) return undefined;
  return readSecretFile(tokenFile ?? tokenPath(defaultStateDirectory(environment)));
}

/**
 * Reads ids of jobs.
 *
 * @throws {UsageError} when one is none, or there are none.
 */
export function readJobIDs(words: readonly string[]): JobId[] {
  if (words.length === 0) throw new UsageError("Expected the id of a job");
  return words.map((word) => {
    const jobID = Number(word);
    if (/^[1-9]\d*$/.test(word) && Number.isSafeInteger(jobID)) return jobID;
    throw new UsageError(
      `Expected the id of a job, a whole number from 1 to 2^53 - 1, got "${word}"`,
    );
  });
}

/** Refuses words that a command has no use for. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`Unexpected argument "${words[0]}"`);
}
