/**
 * Plots as SVG: bars and lines, and the parts of others. They read well on a light and on a
 * dark page. Pure.
 *
 * @module
 */

import type { Series } from "./figure.ts";
import { formatNumber } from "./table.ts";

const WIDTH = 720;
const FONT = 'font-family="system-ui, sans-serif" font-size="13"';
/** Distinct for people who see red and green alike, too. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const STYLE = `<style>
text { fill: #24292f } line, path.axis { stroke: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
</style>`;

/** A bar with its name. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Horizontal bars, in the given order. */
export function barPlot(
  { title, unit, bars }: { title: string; unit: string; bars: readonly Bar[] },
): string {
  const [left, right, top, step] = [190, 110, 44, 30];
  const height = top + bars.length * step + 12;
  const most = Math.max(...bars.map(({ value }) => value));
  const drawn = bars.map(({ name, value }, index) => {
    const y = top + index * step;
    const width = Math.max(1, (WIDTH - left - right) * value / most);
    const color = COLORS[index % COLORS.length];
    return [
      text({ x: left - 8, y: y + 15, anchor: "end" }, name),
      `<rect x="${left}" y="${y}" width="${round(width)}" height="20" fill="${color}"/>`,
      text({ x: left + width + 8, y: y + 15 }, `${formatNumber(value)} ${unit}`),
    ].join("\n");
  });
  return svg({ title, height }, drawn);
}

/** Lines over logarithmic axes. */
export function linePlot(
  { title, series }: { title: string; series: readonly Series[] },
): string {
  const [left, right, top, base, legend] = [70, 20, 44, 270, 20];
  const points = series.flatMap((each) => each.points);
  const x = axis(points.map(([value]) => value), { from: left, to: WIDTH - right });
  const y = axis(points.map(([, value]) => value), { from: base, to: top });
  const ticks = [
    ...x.ticks.map((value) =>
      text({ x: x.at(value), y: base + 18, anchor: "middle" }, power(value))
    ),
    ...y.ticks.map((value) =>
      `<line x1="${left}" x2="${WIDTH - right}" y1="${round(y.at(value))}" y2="${
        round(y.at(value))
      }" stroke-opacity="0.3"/>` +
      text({ x: left - 8, y: y.at(value) + 4, anchor: "end" }, formatNumber(value))
    ),
    text({ x: (left + WIDTH - right) / 2, y: base + 36, anchor: "middle" }, series[0]?.over ?? ""),
  ];
  const lines = series.map(({ name, unit, points }, index) => {
    const color = COLORS[index % COLORS.length];
    const path = points.map(([px, py]) => `${round(x.at(px))},${round(y.at(py))}`);
    const row = base + 54 + index * legend;
    return [
      `<polyline points="${path.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>`,
      ...path.map((point) => {
        const [cx, cy] = point.split(",");
        return `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`;
      }),
      `<rect x="${left}" y="${row - 10}" width="14" height="10" fill="${color}"/>`,
      text({ x: left + 22, y: row }, `${name}, ${unit}`),
    ].join("\n");
  });
  return svg({ title, height: base + 50 + legend * series.length }, [...ticks, ...lines]);
}

/** A logarithmic axis whose ends are powers of ten. */
function axis(values: readonly number[], { from, to }: { from: number; to: number }) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value: number) => from + (to - from) * (Math.log10(value) - low) / (high - low),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function power(value: number): string {
  const digits = String(Math.round(Math.log10(value)));
  return `10${[...digits].map((digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;
}

/** An image with its title at the top. */
export function svg(
  { title, width = WIDTH, height }: { title: string; width?: number; height: number },
  content: readonly string[],
): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" ${FONT}>`;
  const heading = `<text x="12" y="24" font-size="15" font-weight="600">${escaped(title)}</text>`;
  return [head, STYLE, heading, ...content, "</svg>", ""].join("\n");
}

/** A line of text. */
export function text(
  { x, y, anchor = "start" }: { x: number; y: number; anchor?: "start" | "middle" | "end" },
  content: string,
): string {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${place}>${escaped(content)}</text>`;
}

/** A coordinate. */
export function round(value: number): string {
  return value.toFixed(1);
}

/** Text that is no markup. */
export function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
