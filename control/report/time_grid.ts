/**
 * Levels and counts over a run of any length, in a bounded number of bins: when the run outgrows
 * them, each two become one. Pure.
 *
 * @module
 */

/** Bins of a grid. */
export const MAX_BINS = 240;

/** The width of a bin at the start. */
const FIRST_BIN_MS = 100;

/** A value for each bin. */
export interface Series {
  /** The value of each bin up to a time. */
  values(untilMs: number): number[];
  /** Adds each two neighbouring bins. */
  fold(): void;
}

/** The bins that series share. */
export class TimeGrid {
  /** The start of the first bin. */
  readonly startMs: number;
  #binMs = FIRST_BIN_MS;
  readonly #series: Series[] = [];

  /** A grid from a time on. */
  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** The width of a bin. */
  get binMs(): number {
    return this.#binMs;
  }

  /** Folds a series together with the others. */
  register(series: Series): void {
    this.#series.push(series);
  }

  /** The bin of a time, after making room for it; times before the start are in the first bin. */
  binOf(ms: number): number {
    const elapsedMs = Math.max(0, ms - this.startMs);
    while (elapsedMs >= this.#binMs * MAX_BINS) {
      for (const series of this.#series) series.fold();
      this.#binMs *= 2;
    }
    return Math.floor(elapsedMs / this.#binMs);
  }
}

function foldSums(sums: Float64Array): void {
  for (let i = 0; i < MAX_BINS; i++) {
    sums[i] = 2 * i < MAX_BINS ? (sums[2 * i] ?? 0) + (sums[2 * i + 1] ?? 0) : 0;
  }
}

/** Something that happens now and then; the values are how often it did in each bin. */
export class Tally implements Series {
  readonly #grid: TimeGrid;
  readonly #sums = new Float64Array(MAX_BINS);

  /** Counts in a grid. */
  constructor(grid: TimeGrid) {
    this.#grid = grid;
    grid.register(this);
  }

  /** Counts one. */
  add(atMs: number): void {
    const bin = this.#grid.binOf(atMs);
    this.#sums[bin] = (this.#sums[bin] ?? 0) + 1;
  }

  /** How often it happened in each bin up to a time. */
  values(untilMs: number): number[] {
    const last = this.#grid.binOf(untilMs);
    return [...this.#sums.subarray(0, last + 1)];
  }

  /** Adds each two neighbouring bins. */
  fold(): void {
    foldSums(this.#sums);
  }
}

/** Something that there is more or less of; the values are the mean of each bin. */
export class Level implements Series {
  readonly #grid: TimeGrid;
  /** Level times milliseconds. */
  readonly #sums = new Float64Array(MAX_BINS);
  #level = 0;
  #sinceMs: number;

  /** A level of 0 in a grid. */
  constructor(grid: TimeGrid) {
    this.#grid = grid;
    this.#sinceMs = grid.startMs;
    grid.register(this);
  }

  /** The present one. */
  get level(): number {
    return this.#level;
  }

  /** Changes it; it is never below 0. */
  add(change: number, atMs: number): void {
    this.#integrate(atMs);
    this.#level = Math.max(0, this.#level + change);
  }

  /** It was one higher for a time that is past. */
  addPast(fromMs: number, toMs: number): void {
    this.#add(1, { fromMs, toMs });
  }

  /** The mean of each bin up to a time, of the last one so far. */
  values(untilMs: number): number[] {
    this.#integrate(untilMs);
    const { binMs, startMs } = this.#grid;
    const last = this.#grid.binOf(untilMs);
    const lastMs = Math.max(1, untilMs - startMs - last * binMs);
    return Array.from(
      this.#sums.subarray(0, last + 1),
      (sum, i) => sum / (i === last ? lastMs : binMs),
    );
  }

  /** Adds each two neighbouring bins. */
  fold(): void {
    foldSums(this.#sums);
  }

  #integrate(untilMs: number): void {
    if (this.#level > 0) this.#add(this.#level, { fromMs: this.#sinceMs, toMs: untilMs });
    this.#sinceMs = Math.max(this.#sinceMs, untilMs);
  }

  #add(level: number, { fromMs, toMs }: { fromMs: number; toMs: number }): void {
    // The last one first: making room for it changes the width.
    const last = this.#grid.binOf(toMs);
    const { binMs, startMs } = this.#grid;
    for (let bin = this.#grid.binOf(fromMs); bin <= last; bin++) {
      const from = Math.max(fromMs, startMs + bin * binMs);
      const to = Math.min(toMs, startMs + (bin + 1) * binMs);
      this.#sums[bin] = (this.#sums[bin] ?? 0) + level * Math.max(0, to - from);
    }
  }
}
