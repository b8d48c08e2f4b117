/**
 * What the benchmark measures: figures with a unit and, where one is set, a target.
 *
 * @module
 */

/** A measured value. */
export interface Figure {
  /** Unique within its section. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The value is a limit to reach or to stay under. */
  readonly target?: Target;
  /** What the value depends on, in a few words. */
  readonly note?: string;
}

/** What a figure has to reach. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** Values over a common abscissa. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  /** What the abscissa counts. */
  readonly over: string;
  readonly points: readonly (readonly [number, number])[];
}

/** What a section has measured. */
export interface SectionResult {
  readonly figures: readonly Figure[];
  readonly series?: readonly Series[];
  /** What could not be measured, and why. */
  readonly skipped?: readonly string[];
}

/** A part of the benchmark. */
export interface Section {
  readonly title: string;
  run(): Promise<SectionResult>;
}

/** Whether a figure reaches its target; undefined without one. */
export function isReached({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
}

/** The value of a figure by its name. */
export function valueOf(figures: readonly Figure[], name: string): number | undefined {
  return figures.find((figure) => figure.name === name)?.value;
}
