/**
 * The last failures, each with the end of what the job wrote to standard error.
 *
 * @module
 */

import { formatSeconds, html, jobLink, keepFocus, stateOf } from "./elements.js";

const MAX_SHOWN = 20;

let shown = "";

/** Draws them, when there are others than before. */
export function drawFailures(place, { failures }) {
  const key = failures.map(({ jobID, endedAtMs }) => `${jobID} ${endedAtMs}`).join();
  if (key === shown && place.hasChildNodes()) return;
  shown = key;
  const items = failures.slice(0, MAX_SHOWN).map(describe);
  if (items.length === 0) items.push(html("p", { class: "dim" }, "No job has failed."));
  keepFocus(place, () => place.replaceChildren(...items));
}

function describe(failure) {
  const { jobID, name, node, wallTime, message, endedAtMs } = failure;
  const ended = new Date(endedAtMs).toLocaleTimeString();
  const where = `on ${node || "no node"} after ${formatSeconds(wallTime)}, at ${ended}`;
  return html(
    "article",
    { class: "failure" },
    jobLink(failure, `${jobID} ${name}`),
    " ",
    stateOf({ ...failure, state: "ended" }),
    " ",
    html("span", { class: "dim" }, where),
    ...(message === "" ? [] : [html("pre", null, message)]),
  );
}
