/**
 * Jobs over time: how many waited and ran, and how many ended.
 *
 * @module
 */

import { formatCount, formatSeconds, html, svg } from "./elements.js";

const WIDTH = 400;
const HEIGHT = 90;

/** Bins that are drawn as one, where jobs are counted. */
const GROUP = 4;

/** Draws the history of a scheduler. */
export function drawHistory(place, history) {
  const failed = inGroups(history.failed);
  const ended = inGroups(history.finished).map((finished, i) => finished + failed[i]);
  place.replaceChildren(
    chart(history, { label: "Running", series: [[history.running, "running"]] }),
    chart(history, { label: "Waiting", series: [[history.waiting, "waiting"]] }),
    chart({ ...history, binMs: history.binMs * GROUP }, {
      label: "Ended",
      note: `in each ${formatSeconds(history.binMs * GROUP / 1000)}`,
      // Those that failed stand on the axis, in front.
      series: [[ended, "finished"], [failed, "failed"]],
    }),
  );
}

function inGroups(values) {
  const sums = [];
  values.forEach((value, i) => {
    const group = Math.floor(i / GROUP);
    sums[group] = (sums[group] ?? 0) + value;
  });
  return sums;
}

function chart({ startMs, endMs, binMs }, { label, note, series }) {
  const most = Math.max(1, ...series.flatMap(([values]) => values));
  const span = Math.max(1, endMs - startMs);
  const paths = series.map(([values, className]) =>
    svg("path", { class: `area ${className}`, d: outline(values, { most, width: binMs / span }) })
  );
  const last = series.map(([values]) => values.at(-1) ?? 0);
  const text = `${label}${note ? ` ${note}` : ""}: at most ${formatCount(Math.round(most))}`;
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`,
      role: "img",
      "aria-label": `${text}, now ${formatCount(Math.round(last[0]))}`,
    },
    ...paths,
    svg("path", { class: "axis", d: `M0 ${HEIGHT}H${WIDTH}` }),
    svg("text", { x: 0, y: HEIGHT + 14 }, `${formatSeconds(Math.round(span / 1000))} ago`),
    svg("text", { x: WIDTH, y: HEIGHT + 14, "text-anchor": "end" }, "now"),
  );
  return html("figure", null, html("figcaption", null, text), drawing);
}

/** An area in steps of a bin, whose width is a share of the drawing's. */
function outline(values, { most, width }) {
  const steps = values.map((value, i) => {
    const y = (HEIGHT * (1 - value / most)).toFixed(1);
    return `V${y}H${Math.min(WIDTH, (i + 1) * width * WIDTH).toFixed(1)}`;
  });
  return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
}
