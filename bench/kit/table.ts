/**
 * Figures as text: for a terminal, and for a document.
 *
 * @module
 */

import { type Figure, isReached } from "./figure.ts";
import { describeSetting } from "./machine.ts";
import type { RunReport } from "./run.ts";

/** A number with three significant digits, or all digits before the point. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString("en", {
    minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(digits, 3),
  });
}

/** A value with its unit. */
export function formatValue({ value, unit }: Figure): string {
  return `${formatNumber(value)} ${unit}`;
}

/** A target; "" where there is none. */
export function formatTarget({ target }: Figure): string {
  if (!target) return "";
  return "atLeast" in target
    ? `≥ ${formatNumber(target.atLeast)}`
    : `≤ ${formatNumber(target.atMost)}`;
}

const MARKS = { true: "reached", false: "missed", undefined: "" } as const;

function mark(figure: Figure): string {
  return MARKS[`${isReached(figure)}`];
}

/** A run, for people at a terminal. */
export function formatRun({ setting, sections }: RunReport): string {
  const lines = [describeSetting(setting)];
  for (const [name, { title, seconds, figures, skipped = [] }] of Object.entries(sections)) {
    lines.push("", `${title} (${name}, ${seconds.toFixed(0)} s)`);
    const width = Math.max(0, ...figures.map((figure) => figure.name.length));
    for (const figure of figures) {
      const columns = [
        figure.name.padEnd(width),
        formatValue(figure).padEnd(16),
        formatTarget(figure).padEnd(9),
        mark(figure).padEnd(7),
        figure.note ?? "",
      ];
      lines.push(`  ${columns.join("  ").trimEnd()}`);
    }
    for (const reason of skipped) lines.push(`  SKIPPED ${reason}`);
  }
  return lines.join("\n");
}

/** A run as tables of Markdown. */
export function formatMarkdown({ setting, sections }: RunReport): string {
  const parts = [`${describeSetting(setting)}.`];
  for (const { title, figures, skipped = [] } of Object.values(sections)) {
    const rows = figures.map((figure) =>
      [
        figure.name,
        formatValue(figure),
        formatTarget(figure),
        mark(figure) === "missed" ? "**missed**" : mark(figure),
        figure.note ?? "",
      ].join(" | ")
    );
    parts.push([
      `### ${title}`,
      "",
      ...(rows.length > 0
        ? ["| figure | value | target | | |", "| --- | ---: | ---: | --- | --- |"]
        : []),
      ...rows.map((row) => `| ${row} |`),
      ...skipped.flatMap((reason) => ["", `Not measured: ${reason}.`]),
    ].join("\n"));
  }
  return parts.join("\n\n");
}
