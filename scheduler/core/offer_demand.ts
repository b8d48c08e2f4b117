/**
 * Whether offers are wanted, and the last call about it: a desired state that is sent again until
 * it holds, since calls may be lost and a REVIVE may cross a DECLINE. Pure.
 *
 * @module
 */

/** REVIVEs are at least this far apart: a master handles a burst of terminal updates as one. */
export const REVIVE_INTERVAL_MS = 3;

/** With jobs waiting and no offer for this long, the wish is said again. */
export const REPEAT_REVIVE_MS = 30_000;

/** The call to send. */
export type DemandCall = "REVIVE" | "SUPPRESS" | undefined;

/** The wish, and what was said of it. */
export class Demand {
  #told: "wanted" | "suppressed" | undefined;
  #reviveRequested = false;
  #lastReviveMs = -Infinity;
  #lastOfferMs = -Infinity;

  /** There is a new subscription: Mesos knows nothing of our wishes. */
  reset(): void {
    this.#told = undefined;
  }

  /** Resources may be free, or filters in the way: offers are wanted now, if at all. */
  requestRevive(): void {
    this.#reviveRequested = true;
  }

  /** Offers came. */
  offered(nowMs: number): void {
    this.#lastOfferMs = nowMs;
    // They came although we asked for none: say so again.
    if (this.#told === "suppressed") this.#told = undefined;
  }

  /** Whether no offer came for that long. */
  isSilent(nowMs: number, ms: number): boolean {
    return nowMs - this.#lastOfferMs >= ms;
  }

  /** The call to send now, given whether jobs wait. */
  settle(wanted: boolean, nowMs: number): DemandCall {
    if (!wanted) {
      this.#reviveRequested = false;
      if (this.#told === "suppressed") return undefined;
      this.#told = "suppressed";
      return "SUPPRESS";
    }
    const silentSinceMs = Math.max(this.#lastOfferMs, this.#lastReviveMs);
    const due = this.#reviveRequested || this.#told !== "wanted" ||
      nowMs - silentSinceMs >= REPEAT_REVIVE_MS;
    if (!due || nowMs < this.#lastReviveMs + REVIVE_INTERVAL_MS) return undefined;
    this.#reviveRequested = false;
    this.#told = "wanted";
    this.#lastReviveMs = nowMs;
    return "REVIVE";
  }

  /** When to call `settle` again for a REVIVE that came too early; undefined when there is none. */
  dueMs(): number | undefined {
    return this.#reviveRequested ? this.#lastReviveMs + REVIVE_INTERVAL_MS : undefined;
  }
}
