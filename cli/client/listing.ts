/**
 * Lists: a table for people on a terminal, JSON lines for programs.
 *
 * @module
 */

import { visible } from "../../support/visible_text.ts";
import type { System } from "../system.ts";

/** A column of a table. */
export interface Column<T> {
  /** Its head. */
  readonly title: string;
  /** Whether it is set to the right, as numbers are. */
  readonly isNumber?: boolean;
  /** What stands in it. */
  readonly of: (row: T) => string;
}

/** Whether output is for programs. */
export function isForPrograms({ json }: { json: boolean }, { outputIsTerminal }: System): boolean {
  return json || !outputIsTerminal;
}

/** The lines of a table, cut to a width; the last column is not padded. */
export function tableLines<T>(
  rows: readonly T[],
  { columns, width }: { columns: readonly Column<T>[]; width: number },
): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => visible(of(row)).replaceAll("\n", " "))),
  ];
  // Not Math.max(...): a call takes no more arguments than its stack holds.
  const widths = columns.map((_, i) =>
    cells.reduce((width, line) => Math.max(width, line[i]?.length ?? 0), 0)
  );
  return cells.map((line) =>
    cut(
      line.map((cell, i) => {
        if (columns[i]?.isNumber) return cell.padStart(widths[i] ?? 0);
        return i === columns.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
      }).join("  ").trimEnd(),
      width,
    )
  );
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** A terminal that does not say how wide it is gets whole lines. */
function widthOf({ outputColumns }: System): number {
  try {
    return outputColumns() || Infinity;
  } catch {
    return Infinity;
  }
}

/** Writes rows as they are wanted. */
export function writeRows<T>(
  rows: readonly T[],
  { options, system, columns }: {
    options: { json: boolean };
    system: System;
    columns: readonly Column<T>[];
  },
): void {
  const { terminal } = system;
  if (isForPrograms(options, system)) {
    for (const row of rows) terminal.output(JSON.stringify(row));
  } else {
    const width = widthOf(system);
    for (const line of tableLines(rows, { columns, width })) terminal.output(line);
  }
}
