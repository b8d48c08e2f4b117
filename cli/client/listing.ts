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

/** The lines of a table; the last column is not padded. */
export function tableLines<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => visible(of(row)).replaceAll("\n", " "))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) =>
    line.map((cell, i) => {
      const width = widths[i] ?? 0;
      if (columns[i]?.isNumber) return cell.padStart(width);
      return i === columns.length - 1 ? cell : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
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
    for (const line of tableLines(rows, columns)) terminal.output(line);
  }
}
