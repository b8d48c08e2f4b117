/**
 * One job: its life as a timeline, and its output.
 *
 * @module
 */

import { getJson, getTail } from "./api.js";
import { byId, classOf, formatNeeds, formatSeconds, html, stateOf, svg } from "./elements.js";

/** The end of an output that is shown. */
const TAIL_BYTES = 16 * 1024;

const WIDTH = 900;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 22;

/** Shows a job until it is closed. */
export class JobView {
  #jobID;
  #isBusy = false;

  /** Shows a job; undefined: none. */
  async show(jobID) {
    this.#jobID = jobID;
    const place = byId("job");
    place.hidden = jobID === undefined;
    if (jobID === undefined) return;
    place.replaceChildren(html("h2", { id: "job-heading" }, `Job ${jobID}`));
    place.focus();
    await this.refresh();
  }

  /** Draws it again. */
  async refresh() {
    const jobID = this.#jobID;
    if (jobID === undefined || this.#isBusy) return;
    this.#isBusy = true;
    try {
      const content = await describe(jobID);
      if (this.#jobID === jobID) draw(content);
    } finally {
      this.#isBusy = false;
    }
    if (this.#jobID !== jobID) await this.refresh();
  }
}

async function describe(jobID) {
  try {
    const job = await getJson(`/v1/jobs/${jobID}`);
    const [stdout, stderr] = await Promise.all([readTail(job, "stdout"), readTail(job, "stderr")]);
    return { jobID, job, stdout, stderr };
  } catch (error) {
    return { jobID, error };
  }
}

async function readTail({ jobID, history }, stream) {
  if (history.length === 0) return "The job has not started yet.";
  try {
    return await getTail(jobID, stream, TAIL_BYTES);
  } catch (error) {
    return error.message;
  }
}

function draw({ jobID, job, error, stdout, stderr }) {
  const place = byId("job");
  const close = html("a", { href: "#" }, "Close");
  if (error) {
    const heading = html("h2", { id: "job-heading" }, `Job ${jobID}`);
    place.replaceChildren(heading, html("p", { class: "failed" }, error.message), close);
    return;
  }
  const scrolled = [...place.querySelectorAll("pre")].map(({ scrollTop }) => scrollTop);
  const hasFocus = place.contains(document.activeElement) && document.activeElement !== place;
  place.replaceChildren(
    html("h2", { id: "job-heading" }, `Job ${jobID}: ${job.name} `, stateOf(job)),
    timeline(job),
    facts(job),
    ...(job.message ? [html("h3", null, "Message"), html("pre", null, job.message)] : []),
    html("h3", null, "Command"),
    html("pre", { tabindex: "0" }, job.command),
    html("h3", null, "Standard output"),
    output("stdout", stdout),
    html("h3", null, "Standard error"),
    output("stderr", stderr),
    close,
  );
  [...place.querySelectorAll("pre")].forEach((each, i) => each.scrollTop = scrolled[i] ?? 0);
  if (hasFocus) close.focus();
}

function output(id, text) {
  if (text === "") return html("p", { id, class: "dim" }, "Nothing was written.");
  return html("pre", { id, tabindex: "0" }, text);
}

function facts(job) {
  const last = job.history.at(-1);
  const pairs = [
    ["needs", formatNeeds(job)],
    ["node", job.node],
    ["exit status", job.exitStatus],
    ["wall time", job.wallTime === undefined ? undefined : formatSeconds(job.wallTime)],
    ["attempts", job.attempts > 1 ? job.attempts : undefined],
    ["task", last?.taskId],
  ].filter(([, value]) => value !== undefined && value !== "");
  return html(
    "dl",
    null,
    ...pairs.map(([name, value]) =>
      html("div", null, html("dt", null, name), html("dd", null, value))
    ),
  );
}

/** Issued, launched, running, ended: a row for each attempt. */
function timeline(job) {
  const end = job.endedAtMs ?? Date.now();
  const start = job.issuedAtMs ?? job.history[0]?.launchedAtMs ?? end;
  const scale = WIDTH / Math.max(1, end - start);
  const bar = (from, to, { row, className }) =>
    svg("rect", {
      x: (from - start) * scale,
      y: row * ROW_HEIGHT,
      width: Math.max(2, (to - from) * scale),
      height: BAR_HEIGHT,
      class: className,
    });
  const bars = job.history.flatMap((attempt, row) => {
    const { launchedAtMs, startedAtMs, endedAtMs = end } = attempt;
    const before = row === 0 ? start : job.history[row - 1].endedAtMs;
    const isLast = row === job.history.length - 1;
    return [
      bar(before, launchedAtMs, { row, className: "waiting" }),
      bar(launchedAtMs, startedAtMs ?? endedAtMs, { row, className: "dim" }),
      ...(startedAtMs === undefined ? [] : [
        bar(startedAtMs, endedAtMs, { row, className: isLast ? classOf(job) : "failed" }),
      ]),
    ];
  });
  if (job.history.length === 0) bars.push(bar(start, end, { row: 0, className: "waiting" }));
  const height = Math.max(1, job.history.length) * ROW_HEIGHT;
  return html(
    "div",
    null,
    svg("svg", {
      viewBox: `0 0 ${WIDTH} ${height}`,
      preserveAspectRatio: "none",
      height,
      "aria-hidden": "true",
      class: "timeline",
    }, ...bars),
    moments(job),
  );
}

/** The same in words. */
function moments({ issuedAtMs, launchedAtMs, startedAtMs, endedAtMs, ...job }) {
  const given = [
    ["issued", issuedAtMs, "waiting"],
    ["launched", launchedAtMs, "dim"],
    ["running", startedAtMs, classOf(job)],
    ["ended", endedAtMs, ""],
  ].filter(([, at]) => at !== undefined);
  const items = given.map(([name, at, className], i) => {
    const before = given[i - 1]?.[1];
    const since = before === undefined ? "" : `, after ${formatSeconds((at - before) / 1000)}`;
    const time = new Date(at).toLocaleTimeString();
    const square = className === "" ? "" : "■ ";
    return html("li", { class: className }, square, html("span", null, `${name} ${time}${since}`));
  });
  return html("ol", { class: "legend" }, ...items);
}
