/**
 * What can go wrong with the batch system as a whole.
 *
 * @module
 */

/** Mesos could not be reached, or refuses us. */
export class MesosUnavailableError extends Error {
  /** The name of this class. */
  override readonly name = "MesosUnavailableError";
  /** Somebody has to look first. */
  readonly retryable = false;
}
