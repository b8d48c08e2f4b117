/**
 * The drawings of a report, in SVG. Pure.
 *
 * @module
 */

import { formatDuration } from "../../support/units.ts";
import { type Markup, markup } from "./markup.ts";
import type { Bucket } from "./shape_times.ts";

/** Drawings have this width, in their own units. */
const WIDTH = 960;
const CHART_HEIGHT = 90;
const STRIP_HEIGHT = 26;
const LANE_HEIGHT = 7;
const TICKS = 6;

/** More jobs of a node at once are not drawn. */
const MAX_LANES = 24;

/** The time that a drawing shows. */
export interface Span {
  /** Its left end. */
  readonly startMs: number;
  /** Its right end. */
  readonly endMs: number;
  /** The width of a bin. */
  readonly binMs: number;
}

/** A job in a timeline. */
export interface TimelineBar {
  /** When it began. */
  readonly startMs: number;
  /** When it ended. */
  readonly endMs: number;
  /** For its colour. */
  readonly className: string;
  /** Said when it is pointed at. */
  readonly title: string;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function xOf(ms: number, { startMs, endMs }: Span): number {
  const share = (ms - startMs) / Math.max(1, endMs - startMs);
  return round(WIDTH * Math.min(1, Math.max(0, share)));
}

/** An area below values, in steps of a bin. */
function area(
  values: readonly number[],
  { span, most, height }: { span: Span; most: number; height: number },
): string {
  const steps = values.map((value, i) => {
    const y = round(height - (height * value) / Math.max(most, 1e-9));
    const to = xOf(Math.min(span.endMs, span.startMs + (i + 1) * span.binMs), span);
    return `V${y}H${to}`;
  });
  return `M0 ${height}${steps.join("")}V${height}Z`;
}

/** Values over time, from 0 to the most of them. */
export function timeChart(
  values: readonly number[],
  { span, className, label }: { span: Span; className: string; label: string },
): Markup {
  const most = Math.max(...values, 0);
  const path = area(values, { span, most, height: CHART_HEIGHT });
  return markup`<figure><figcaption>${label}: at most ${formatMost(most)}</figcaption>
<svg viewBox="0 -2 ${WIDTH} ${CHART_HEIGHT + 22}" role="img" aria-label="${label}">
<path class="area ${className}" d="${path}"/>${axis(span, CHART_HEIGHT)}</svg></figure>
`;
}

function formatMost(most: number): string {
  return most >= 10 ? Math.round(most).toLocaleString("en") : String(round(most));
}

/** A line with times since the start. */
function axis(span: Span, y: number): Markup {
  const step = (span.endMs - span.startMs) / TICKS;
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => {
    const ms = step * i;
    const anchor = i === 0 ? "start" : i === TICKS ? "end" : "middle";
    return markup`<text x="${xOf(span.startMs + ms, span)}" y="${y + 15}" text-anchor="${anchor}">${
      formatDuration(ms)
    }</text>`;
  });
  return markup`<path class="axis" d="M0 ${y}H${WIDTH}"/>${ticks}`;
}

/** Bars in as few lanes as hold them side by side; those beyond the most lanes are left out. */
function lanesOf(bars: readonly TimelineBar[]): { lanes: number; placed: [TimelineBar, number][] } {
  const endOf: number[] = [];
  const placed: [TimelineBar, number][] = [];
  for (const bar of bars.toSorted((a, b) => a.startMs - b.startMs)) {
    const free = endOf.findIndex((endMs) => endMs <= bar.startMs);
    const lane = free < 0 ? endOf.length : free;
    if (lane >= MAX_LANES) continue;
    endOf[lane] = bar.endMs;
    placed.push([bar, lane]);
  }
  return { lanes: endOf.length, placed };
}

/** What a node did: how many jobs ran at once, and below it the jobs one by one. */
export function nodeTimeline(
  running: readonly number[],
  { span, bars, label }: { span: Span; bars: readonly TimelineBar[]; label: string },
): Markup {
  const { lanes, placed } = lanesOf(bars);
  const most = Math.max(...running, 0);
  const path = area(running, { span, most, height: STRIP_HEIGHT });
  const rectangles = placed.map(([bar, lane]) => {
    const x = xOf(bar.startMs, span);
    const width = Math.max(1, round(xOf(bar.endMs, span) - x));
    const y = STRIP_HEIGHT + 3 + lane * LANE_HEIGHT;
    return markup`<rect class="${bar.className}" x="${x}" y="${y}" width="${width}" height="${
      LANE_HEIGHT - 1
    }"><title>${bar.title}</title></rect>`;
  });
  const height = STRIP_HEIGHT + 3 + lanes * LANE_HEIGHT;
  return markup`<figure><figcaption>${label}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height + 20}" role="img" aria-label="${label}">
<path class="area running" d="${path}"/>${rectangles}${axis(span, height)}</svg></figure>
`;
}

/** How many jobs took how long. */
export function histogram(
  buckets: readonly Bucket[],
  formatSeconds: (s: number) => string,
): Markup {
  const most = Math.max(...buckets.map(({ jobs }) => jobs), 1);
  const [width, height] = [8, 24];
  const bars = buckets.map(({ from, to, jobs }, i) => {
    const y = jobs === 0 ? height : Math.min(height - 1, round(height - (height * jobs) / most));
    return markup`<rect class="running" x="${i * width}" y="${y}" width="${width - 1}" height="${
      round(height - y)
    }"><title>${formatSeconds(from)} to ${formatSeconds(to)}: ${jobs}</title></rect>`;
  });
  const total = Math.max(1, buckets.length) * width;
  const size = markup`width="${total}" height="${height}" viewBox="0 0 ${total} ${height}"`;
  const label = markup`role="img" aria-label="distribution of the wall times"`;
  return markup`<svg class="histogram" ${size} ${label}>${bars}</svg>`;
}
