/**
 * Where the control API listens: a Unix socket that only its owner can open, or a TCP address.
 *
 * @module
 */

import { dirname } from "node:path";
import { BoundedServer, type ConnectionListener } from "../http/bounded_server.ts";
import { fetchHandler } from "../http/request_handler.ts";
import { type ControlAddress, formatControlAddress } from "../support/control_address.ts";
import { reasonOf } from "../support/reason.ts";
import { specialFile } from "../support/special_file.ts";
import { UsageError } from "../support/usage_error.ts";

/** Everything but the owner's reading and writing. */
const PRIVATE_UMASK = 0o177;

/** How often, and how many times, a lock is tried for that another start holds for a moment. */
const LOCK_RETRY_MS = 20;
const MAX_LOCK_TRIES = 100;

/** Answers a request; the signal is aborted when the client has gone. Must not throw. */
export type Answer = (request: Request, signal: AbortSignal) => Promise<Response>;

/** A server that listens. */
export interface Listening {
  /** Where: with the port that was chosen where 0 was asked for. */
  readonly address: ControlAddress;
  /** Ends all connections, and removes the socket. */
  close(): Promise<void>;
}

/**
 * Listens, and answers requests.
 *
 * @param address Where. A socket file that no process listens on any more is replaced.
 * @param answer Answers requests.
 * @throws {UsageError} when the address can't be used, as when another scheduler has it.
 */
export async function listen(
  address: ControlAddress,
  answer: Answer,
): Promise<Listening> {
  if ("path" in address) return await listenOnSocket(address.path, answer);
  const server = new BoundedServer(open(address), fetchHandler(answer));
  return { address: { ...address, port: server.port }, close: () => server.close() };
}

async function listenOnSocket(path: string, answer: Answer): Promise<Listening> {
  using _lock = await lockDirectory(path);
  await clearSocket(path);
  const server = new BoundedServer(open({ path }), fetchHandler(answer));
  const close = async () => {
    await server.close();
    await Deno.remove(path).catch(() => {});
  };
  return { address: { path }, close };
}

/**
 * Locks the directory of a socket: of two schedulers that start at once, the second one must not
 * take the socket of the first one for that of a dead one.
 */
async function lockDirectory(path: string): Promise<Disposable> {
  const place = dirname(path);
  if (specialFile(place) !== "a directory") {
    throw new UsageError(`Cannot listen on ${path}: ${place} is not a directory; create it first`);
  }
  const directory = await Deno.open(place).catch((error) => {
    throw cannotListen(path, error);
  });
  for (let tries = 0; !await directory.tryLock(true); tries++) {
    if (tries === MAX_LOCK_TRIES) {
      directory.close();
      throw new UsageError(`Cannot listen on ${path}: another process has locked ${place}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
  return directory;
}

function open(address: ControlAddress): ConnectionListener {
  if (!("path" in address)) {
    try {
      return Deno.listen(address);
    } catch (error) {
      throw cannotListen(formatControlAddress(address), error);
    }
  }
  // The socket is never open to others, not even before a chmod.
  const before = Deno.umask(PRIVATE_UMASK);
  try {
    return Deno.listen({ transport: "unix", path: address.path });
  } catch (error) {
    throw cannotListen(address.path, error);
  } finally {
    Deno.umask(before);
  }
}

function cannotListen(place: string, cause: unknown): UsageError {
  const reason = cause instanceof Deno.errors.AddrInUse
    ? "another process listens there"
    : reasonOf(cause);
  return new UsageError(`Cannot listen on ${place}: ${reason}`, { cause });
}

/** Removes a socket that a killed scheduler has left. */
async function clearSocket(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw cannotListen(path, error);
  });
  if (!found) return;
  if (!found.isSocket) {
    throw new UsageError(`Cannot listen on ${path}: a file that is not a socket has this name`);
  }
  if (await isListenedOn(path)) {
    throw new UsageError(
      `Cannot listen on ${path}: another scheduler does; use it, or give another --listen`,
    );
  }
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw cannotListen(path, error);
  });
}

async function isListenedOn(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    // Whatever else is wrong, such as a lack of rights, is not a sign of a dead scheduler.
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}
