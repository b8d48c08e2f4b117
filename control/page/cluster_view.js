/**
 * What waits and why, and the nodes.
 *
 * @module
 */

import { drawTable, formatBytes, formatCount, formatNeeds, html } from "./elements.js";

/** More nodes than anyone reads: the busiest are shown. */
const MAX_NODES = 100;

/** Draws the shapes that wait. */
export function drawWaiting(place, { waiting, nowMs }) {
  drawTable(place, {
    columns: [
      { name: "Jobs", className: "number" },
      { name: "Each needs" },
      { name: "For", className: "nowrap" },
      { name: "Why" },
    ],
    rows: waiting.map((shape) => [
      formatCount(shape.jobs),
      formatNeeds(shape),
      formatMinutes(nowMs - shape.sinceMs),
      shape.reason,
    ]),
    empty: "No job waits.",
  });
}

/** Only minutes: a clock that ticks draws the eye. */
function formatMinutes(ms) {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 1 ? "< 1 min" : `${formatCount(minutes)} min`;
}

/** Draws the nodes. */
export function drawNodes(place, nodes) {
  const busiest = nodes.toSorted((a, b) =>
    b.workers - a.workers || a.address.localeCompare(b.address)
  ).slice(0, MAX_NODES);
  drawTable(place, {
    columns: [
      { name: "Node" },
      { name: "Jobs", className: "number" },
      { name: "Cores", className: "nowrap" },
      { name: "Memory", className: "nowrap" },
      { name: "Load", className: "number" },
    ],
    rows: busiest.map((node) => [
      nodeCell(node),
      formatCount(node.workers),
      share(node.requestedCores, node.availableCores, (cores) => Number(cores.toFixed(2))),
      share(node.requestedMemory, node.availableMemory, formatBytes),
      `${Math.round(node.coresUsed * 100)} %`,
    ]),
    empty: "No node has been offered yet.",
  });
  const more = nodes.length - busiest.length;
  if (more > 0) place.append(html("p", { class: "dim" }, `and ${formatCount(more)} more`));
}

function nodeCell({ address, ignored, preemptible }) {
  const link = html("a", { href: `#search/${encodeURIComponent(address)}` }, address);
  const marks = [ignored ? "ignored" : "", preemptible ? "preemptible" : ""].filter(Boolean);
  if (marks.length === 0) return link;
  return html("span", null, link, " ", html("span", { class: "dim" }, marks.join(", ")));
}

/** What jobs use of what Mesos offers. */
function share(used, offered, format) {
  const text = `${format(used)} of ${format(offered)}`;
  const meter = html("meter", { min: 0, max: 1, value: offered > 0 ? used / offered : 0 });
  meter.setAttribute("aria-hidden", "true");
  return html("span", null, meter, text);
}
