/**
 * Where the control API of a scheduler is, and who may use it: for the scheduler, which makes the
 * socket and the token, and for the commands that look for them.
 *
 * @module
 */

import { join } from "node:path";
import { type ControlAddress, parseControlAddress } from "../support/control_address.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import {
  isPrivate,
  openPrivateDirectory,
  privateDirectories,
  type RuntimeOptions,
} from "./runtime_directory.ts";
import { readSecretFile } from "./secret_file.ts";

/** The socket in the runtime directory. */
const SOCKET_NAME = "scheduler.sock";

/** The token in the directory of the state. */
const TOKEN_NAME = "token";

const TOKEN_BYTES = 32;

/** The default address of a scheduler. */
export function defaultListenAddress(options: RuntimeOptions): ControlAddress {
  const directory = openPrivateDirectory("listen for the commands", options);
  return parseControlAddress(join(directory, SOCKET_NAME), "--listen");
}

/** Where its clients find it; undefined where this user has none. */
export function findScheduler(options: RuntimeOptions): ControlAddress | undefined {
  const paths = privateDirectories(options).filter(isPrivate).map((each) =>
    join(each, SOCKET_NAME)
  );
  const path = paths.find((each) => {
    try {
      return Deno.lstatSync(each).isSocket;
    } catch {
      return false;
    }
  });
  return path === undefined ? undefined : { path };
}

/** Where the state is kept that has no directory of its own: `$XDG_STATE_HOME/toil-mesos`. */
export function defaultStateDirectory(environment: Readonly<Record<string, string>>): string {
  const home = environment["HOME"];
  const base = environment["XDG_STATE_HOME"] ||
    (home ? join(home, ".local", "state") : undefined);
  if (base?.startsWith("/")) return join(base, "toil-mesos");
  const state = home ? `${home} is not an absolute path` : "it is not set";
  throw new UsageError(
    `Cannot keep the state in HOME: ${state}; give a directory with --state`,
  );
}

/** The file of the token of a scheduler with this state. */
export function tokenPath(state: string): string {
  return join(state, TOKEN_NAME);
}

/**
 * The token in the directory of a state, which is there; made on first use.
 *
 * @throws {UsageError} when it can't be read or written, or when others may read it.
 */
export function keepToken(state: string): string {
  const path = tokenPath(state);
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex();
  try {
    Deno.writeTextFileSync(path, `${token}\n`, { mode: 0o600, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }
  return readSecretFile(path);
}
