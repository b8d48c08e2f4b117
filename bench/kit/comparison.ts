/**
 * Ratios of now against recorded ones. Pure.
 *
 * @module
 */

import { formatNumber } from "./table.ts";

/** Worse than this share of the recorded ratio fails. */
const FAILING_SHARE = 0.5;

/** Worse than this share is worth a look. */
const WARNING_SHARE = 0.8;

/** Ratios by name; more is better. */
export type Ratios = Readonly<Record<string, number>>;

/** A ratio of now beside the recorded one. */
export interface Comparison {
  readonly name: string;
  readonly now: number;
  readonly recorded: number | undefined;
  readonly verdict: "ok" | "warning" | "failed" | "new";
}

/** Compares ratios; the better one counts where one was measured several times. */
export function compare(measured: readonly Ratios[], recorded: Ratios): Comparison[] {
  const names = new Set(measured.flatMap((ratios) => Object.keys(ratios)));
  return [...names].map((name) => {
    const now = Math.max(...measured.map((ratios) => ratios[name] ?? -Infinity));
    const before = recorded[name];
    return { name, now, recorded: before, verdict: verdictOn(now, before) };
  });
}

function verdictOn(now: number, recorded: number | undefined): Comparison["verdict"] {
  if (recorded === undefined) return "new";
  if (!(now >= recorded * FAILING_SHARE)) return "failed";
  return now >= recorded * WARNING_SHARE ? "ok" : "warning";
}

/** Whether any ratio is worse than half of what was recorded. */
export function hasFailed(comparisons: readonly Comparison[]): boolean {
  return comparisons.some(({ verdict }) => verdict === "failed");
}

/** One line for each ratio. */
export function formatComparisons(comparisons: readonly Comparison[]): string {
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  return comparisons.map(({ name, now, recorded, verdict }) => {
    const share = recorded === undefined ? "" : `${Math.round(100 * now / recorded)} %`;
    return [
      name.padEnd(width),
      formatNumber(now).padStart(10),
      (recorded === undefined ? "" : `of ${formatNumber(recorded)}`).padEnd(13),
      share.padStart(6),
      verdict === "ok" ? "" : verdict.toUpperCase(),
    ].join("  ").trimEnd();
  }).join("\n");
}
