/**
 * The command with which agents start the executor. Pure.
 *
 * @module
 */

import { EXECUTOR_V8_FLAGS } from "../job/inherited_environment.ts";
import type { CommandInfo } from "../mesos/wire/messages.ts";

/** The value of --executor-uri that stands for this program, served from here. */
export const SELF_URI = "self";

/** The name under which an agent puts the program that it fetches into the sandbox. */
const FETCHED_NAME = "toil-mesos";

/** Deno raises its own limit of open files; jobs get the one that the agent gave. */
const OPEN_FILES_SETTING = "TOIL_MESOS_OPEN_FILES=$(ulimit -S -n)";

/** Its memory is taken off the jobs, and it has little to do. */
const V8_FLAGS_SETTING = `DENO_V8_FLAGS=${EXECUTOR_V8_FLAGS}`;

/** What the user said, and what is known of this program. */
export interface ExecutorCommandOptions {
  /** The user's own command. */
  readonly executorCommand: string | undefined;
  /** Where agents fetch the program from. */
  readonly uri: string | undefined;
  /** Whether the URI names its content, so that agents may cache it. @default {false} */
  readonly isCacheable?: boolean;
  /** Words for a shell that start this program. */
  readonly selfCommand: string;
  /** Variables for the executor. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The command of ExecutorInfo. */
export function executorCommandInfo(
  { executorCommand, uri, isCacheable = false, selfCommand, environment }: ExecutorCommandOptions,
): CommandInfo {
  const program = uri === undefined ? selfCommand : `./${FETCHED_NAME}`;
  // Only where our own program is fetched do we know what it is.
  const fetched = executorCommand === undefined
    ? { executable: true, extract: false, output_file: FETCHED_NAME }
    : {};
  return {
    shell: true,
    // The agent's shell must not stand between the agent and the executor.
    value: executorCommand ?? `${OPEN_FILES_SETTING} ${V8_FLAGS_SETTING} exec ${program} executor`,
    ...(uri === undefined ? {} : { uris: [{ value: uri, cache: isCacheable, ...fetched }] }),
    environment: {
      variables: Object.entries(environment).map(([name, value]) => ({ name, value })),
    },
  };
}
