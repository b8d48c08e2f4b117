/**
 * Who may talk to the scheduler: everyone who can open the Unix socket, and over TCP everyone who
 * knows the token. Pages of other sites may not, wherever the browser of a user can reach.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { ControlError } from "./control_error.ts";

const IP_ADDRESS_REGEXP = /^(\[[0-9a-f:.]+\]|\d+(\.\d+){3})$/i;

/** Takes the same time for every wrong token, whatever its length. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/**
 * Checks the token of a request.
 *
 * @param token The right one; undefined on a Unix socket, whose mode keeps others out.
 * @throws {ControlError} 401 when it is missing or wrong.
 */
export function checkToken(request: Request, token: string | undefined): void {
  if (token === undefined) return;
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (isSame(given, token)) return;
  const message = given === ""
    ? "Cannot answer: the request has no token; send Authorization: Bearer TOKEN"
    : "Cannot answer: the token is wrong; it is in the file token of the scheduler's --state";
  throw new ControlError(401, "unauthorized", { message });
}

/**
 * Refuses what the page of another site sends by a user's browser, and requests under a name that
 * somebody else's DNS has led here.
 *
 * @param hostname This host's name.
 * @throws {ControlError} 403 when it is refused.
 */
export function checkOrigin(request: Request, hostname: string): void {
  const host = request.headers.get("host") ?? "";
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const isOwn = IP_ADDRESS_REGEXP.test(name) || !name.includes(".") ||
    name.endsWith(".localhost") || name === hostname.toLowerCase();
  if (!isOwn) {
    const message = `Cannot answer: the host ${host} is not this one; use an address or localhost`;
    throw new ControlError(403, "forbidden", { message });
  }
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site") ?? "none";
  const isForeign = (origin !== null && originHost(origin) !== host) ||
    !["none", "same-origin"].includes(site);
  if (isForeign) {
    const message = `Cannot answer: the request comes from a page of ${origin ?? "another site"}`;
    throw new ControlError(403, "forbidden", { message });
  }
}

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
