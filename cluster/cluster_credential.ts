/**
 * What the clients of a cluster prove. It stands apart from the cluster, so that commands that look
 * for a secret do not load the rest.
 *
 * @module
 */

/** The principal of every client of a cluster. */
export const PRINCIPAL = "toil-mesos";

const SECRET_BYTES = 32;

/** Generates a random secret. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toHex();
}
