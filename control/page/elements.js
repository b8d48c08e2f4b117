/**
 * What the page is drawn with: elements, tables and words for numbers. Only text goes into the
 * document, never markup: anyone names jobs.
 *
 * @module
 */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** The element of the document that has an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element of HTML. */
export function html(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Draws a table.
 *
 * @param place Holds it.
 * @param columns Each with its name, and a class for all its cells.
 * @param rows Arrays of cells: text, numbers or elements.
 * @param empty What is said when there are no rows.
 */
export function drawTable(place, { columns, rows, empty }) {
  if (rows.length === 0) return place.replaceChildren(html("p", { class: "dim" }, empty));
  const className = (i) => columns[i].className ?? "";
  const head = columns.map(({ name }, i) =>
    html("th", { scope: "col", class: className(i) }, name)
  );
  const body = rows.map((cells) =>
    html("tr", null, ...cells.map((cell, i) => html("td", { class: className(i) }, cell)))
  );
  const table = html(
    "table",
    null,
    html("thead", null, html("tr", null, ...head)),
    html("tbody", null, ...body),
  );
  keepFocus(place, () => place.replaceChildren(table));
}

/** Draws what is drawn again every second, and leaves the focus on the link that had it. */
export function keepFocus(place, draw) {
  const { activeElement } = document;
  const href = place.contains(activeElement) ? activeElement.getAttribute("href") : null;
  draw();
  if (href !== null) place.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
}

/** A link to a job. */
export function jobLink({ jobID }, text = `${jobID}`) {
  return html("a", { href: `#job/${jobID}` }, text);
}

/** How a job is doing, in its colour. */
export function stateOf({ state, exitReason, exitStatus }) {
  const text = exitReason === undefined
    ? state
    : exitReason === "FAILED"
    ? `FAILED (${exitStatus})`
    : exitReason;
  return html("span", { class: classOf({ state, exitReason }) }, text);
}

/** The class that has a job's colour. */
export function classOf({ state, exitReason }) {
  if (exitReason === "FINISHED") return "finished";
  if (exitReason === "KILLED") return "dim";
  if (exitReason !== undefined || state === "unreachable") return "failed";
  return state === "waiting" ? "waiting" : "running";
}

/** `1.5 GiB`. */
export function formatBytes(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toFixed(1))} ${units[unit]}`;
}

/** `2.5 s`, `3 min 20 s`, `4 h 5 min`. */
export function formatSeconds(seconds) {
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  const [unit, smaller, ratio] = seconds < 3600
    ? [60, "s", 1]
    : seconds < 86_400
    ? [3600, "min", 60]
    : [86_400, "h", 3600];
  const name = { 60: "min", 3600: "h", 86400: "d" }[unit];
  const rest = Math.floor((seconds % unit) / ratio);
  return `${Math.floor(seconds / unit)} ${name}${rest > 0 ? ` ${rest} ${smaller}` : ""}`;
}

/** `12,345`. */
export function formatCount(count) {
  return count.toLocaleString("en");
}

/** What a job or a shape asks for. */
export function formatNeeds({ cores, memory, disk, gpus }) {
  const parts = [
    `${cores} ${cores === 1 ? "core" : "cores"}`,
    `${formatBytes(memory)} memory`,
    `${formatBytes(disk)} disk`,
  ];
  if (gpus > 0) parts.push(`${gpus} ${gpus === 1 ? "GPU" : "GPUs"}`);
  return parts.join(", ");
}
