/**
 * Addresses of control APIs: `unix:PATH` or `HOST:PORT`.
 *
 * @module
 */

import { resolve } from "node:path";
import { UsageError } from "./usage_error.ts";

/** The longest path in `sockaddr_un`, without the NUL at the end. */
const MAX_SOCKET_PATH_BYTES = 107;

const UNIX_PREFIX = "unix:";

/** An address to listen on or to connect to. */
export type ControlAddress =
  | { readonly path: string }
  | { readonly hostname: string; readonly port: number };

/**
 * Parses `unix:PATH`, an absolute path or `HOST:PORT`.
 *
 * @param option The option to name in errors.
 * @throws {UsageError} when it is invalid, or its path is too long.
 */
export function parseControlAddress(text: string, option: string): ControlAddress {
  if (text.startsWith(UNIX_PREFIX) || text.startsWith("/")) {
    const path = text.startsWith("/") ? text : resolve(text.slice(UNIX_PREFIX.length));
    const bytes = new TextEncoder().encode(path).length;
    if (bytes > MAX_SOCKET_PATH_BYTES) {
      throw new UsageError(
        `${option}: ${path} has ${bytes} bytes; the path of a Unix socket may have at most ` +
          `${MAX_SOCKET_PATH_BYTES}, so give a shorter one`,
      );
    }
    return { path };
  }
  const [, bracketed, plain, digits] =
    /^(?:https?:\/\/)?(?:\[([0-9a-f:.]+)\]|([^\s:/\[\]]+)):(\d+)\/?$/i.exec(text) ?? [];
  const [hostname, port] = [bracketed ?? plain, Number(digits)];
  if (hostname === undefined || port > 65_535) {
    throw new UsageError(`${option}: expected unix:PATH or HOST:PORT, got "${text}"`);
  }
  return { hostname, port };
}

/** The address as users write it. */
export function formatControlAddress(address: ControlAddress): string {
  if ("path" in address) return `${UNIX_PREFIX}${address.path}`;
  const { hostname, port } = address;
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
