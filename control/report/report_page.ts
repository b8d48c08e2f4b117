/**
 * A report on a run: one HTML document that needs nothing else, and runs nothing. Pure.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import { describeShape } from "../../scheduler/core/scheduling_status.ts";
import { formatDuration } from "../../support/units.ts";
import { type Content, Markup, markup } from "./markup.ts";
import { histogram, nodeTimeline, type Span, timeChart } from "./report_charts.ts";
import { type Bar, isFailure, type NodeRecord, type RunRecorder } from "./run_recorder.ts";
import baseStyle from "../base.css" with { type: "text" };
import ownStyle from "./report.css" with { type: "text" };

const STYLE = baseStyle + ownStyle;

/** Nodes that are drawn: the busiest. */
const MAX_DRAWN_NODES = 50;

/** In the head of each report. */
export const REPORT_MARK = '<meta name="generator" content="toil-mesos">';

/** What a report says of the scheduler. */
export interface ReportAbout {
  /** Of the framework. */
  readonly name: string;
  /** Of the program. */
  readonly version: string;
}

function formatSeconds(seconds: number): string {
  return seconds < 1
    ? `${Number((seconds * 1000).toPrecision(2))} ms`
    : formatDuration(seconds * 1000);
}

function formatCount(count: number): string {
  return count.toLocaleString("en");
}

function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** How a job has ended, in its colour. */
function classOf(result: BatchJobResult): string {
  return isFailure(result) ? "failed" : result.exitReason === "FINISHED" ? "finished" : "killed";
}

function describeEnd({ exitReason, exitStatus }: BatchJobResult): string {
  return exitReason === "FAILED" ? `FAILED (${exitStatus})` : exitReason;
}

/** The report as a document. */
export function renderReport(recorder: RunRecorder, about: ReportAbout): string {
  const { grid } = recorder;
  const endMs = recorder.nowMs;
  // Before the width of a bin is read: it may double.
  const running = recorder.running.values(endMs);
  const span = { startMs: grid.startMs, endMs, binMs: grid.binMs };
  const hash = createHash("sha256").update(STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'`;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
${new Markup(REPORT_MARK)}
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${about.name}: report</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${about.name}: report</h1>
<p class="dim">${formatTime(span.startMs)} to ${formatTime(endMs)}; toil-mesos ${about.version}</p>
${summary(recorder, span)}
<h2>Running against waiting</h2>
${timeChart(running, { span, className: "running", label: "Jobs that run" })}
${
    timeChart(recorder.waiting.values(endMs), {
      span,
      className: "waiting",
      label: "Jobs that wait",
    })
  }
${timelines(recorder, span)}
${shapes(recorder)}
${failures(recorder)}
</body>
</html>
`.text;
}

function summary({ shapes, nodes, waiting, running }: RunRecorder, span: Span): Markup {
  const ends = new Map<string, number>();
  let ranSeconds = 0;
  for (const times of shapes.values()) {
    ranSeconds += times.ranSeconds;
    for (const [reason, count] of times.ends) ends.set(reason, (ends.get(reason) ?? 0) + count);
  }
  const facts: [string, string][] = [
    ["elapsed", formatDuration(span.endMs - span.startMs)],
    ["wall time of all jobs", formatSeconds(ranSeconds)],
    ["nodes", formatCount(nodes.size)],
    ...[...ends].map(([reason, count]): [string, string] => [reason, formatCount(count)]),
    ["still waiting", formatCount(waiting.level)],
    ["still running", formatCount(running.level)],
  ];
  const pairs = facts.map(([name, value]) =>
    markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`
  );
  return markup`<dl>${pairs}</dl>`;
}

function timelines(recorder: RunRecorder, span: Span): Markup {
  const bars = recorder.bars();
  const byNode = Map.groupBy(bars, ({ result }) => result.node);
  const busiest = [...recorder.nodes].sort(([, a], [, b]) => b.ranSeconds - a.ranSeconds);
  const drawn = busiest.slice(0, MAX_DRAWN_NODES);
  const ended = [...recorder.shapes.values()].reduce((sum, { jobs }) => sum + jobs, 0);
  const notes = [
    "The area is the number of jobs that run; each bar is a job: point at it to see which.",
    ended > bars.length
      ? `Drawn are the ${formatCount(bars.length)} longest of ${formatCount(ended)} jobs.`
      : "",
    busiest.length > drawn.length
      ? `Drawn are the ${drawn.length} busiest of ${formatCount(busiest.length)} nodes.`
      : "",
  ].filter((note) => note !== "");
  const figures = drawn.map(([address, node]) =>
    nodeTimeline(node.running.values(span.endMs), {
      span,
      label: describeNode(address, node),
      bars: (byNode.get(address) ?? []).map((bar) => ({ ...bar, ...describeBar(bar, span) })),
    })
  );
  return markup`<h2>Nodes and jobs</h2>
<p class="dim">${notes.join(" ")}</p>
${figures}`;
}

function describeNode(address: string, { ended, failed, ranSeconds }: NodeRecord): string {
  const jobs = `${formatCount(ended)} ${ended === 1 ? "job" : "jobs"}`;
  const failures = failed === 0 ? "" : `, ${formatCount(failed)} failed`;
  return `${address}: ${jobs}${failures}, ${formatSeconds(ranSeconds)} of wall time`;
}

function describeBar({ result, startMs }: Bar, span: Span): { className: string; title: string } {
  const after = formatDuration(startMs - span.startMs);
  const title = `${result.jobID} ${result.name}: ${describeEnd(result)} after ${
    formatSeconds(result.wallTimeSeconds)
  }, begun at ${after}`;
  return { className: classOf(result), title };
}

function table(heads: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const head = heads.map((name) => markup`<th scope="col">${name}</th>`);
  const body = rows.map((cells) =>
    markup`<tr>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>
`
  );
  return markup`<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function shapes({ shapes }: RunRecorder): Markup {
  const rows = [...shapes.values()].filter(({ jobs }) => jobs > 0)
    .sort((a, b) => b.ranSeconds - a.ranSeconds)
    .map((times): Content[] => [
      times.shape ? describeShape(times.shape) : "others",
      formatCount(times.jobs),
      formatCount(times.jobs - (times.ends.get("FINISHED") ?? 0)),
      formatSeconds(times.quantile(0.5)),
      formatSeconds(times.quantile(0.95)),
      formatSeconds(times.longestSeconds),
      formatSeconds(times.ranSeconds),
      formatSeconds(times.meanWaitSeconds),
      histogram(times.buckets(), formatSeconds),
    ]);
  const heads = [
    "Each job needs",
    "Ended",
    "Not finished",
    "Median",
    "95 %",
    "Longest",
    "All",
    "Mean wait",
    "Distribution",
  ];
  const body = rows.length === 0
    ? markup`<p class="dim">No job has ended yet.</p>`
    : table(heads, rows);
  return markup`<h2>Wall times by shape</h2>
<p class="dim">Median and 95 % are accurate to within a bar of the distribution.</p>
${body}`;
}

function failures(recorder: RunRecorder): Markup {
  const last = recorder.failures();
  if (last.length === 0) return markup`<h2>Failures</h2><p class="dim">No job has failed.</p>`;
  const nodes = [...recorder.nodes].filter(([, { failed }]) => failed > 0)
    .sort(([, a], [, b]) => b.failed - a.failed).slice(0, MAX_DRAWN_NODES)
    .map(([address, { failed, ended }]) => [address, formatCount(failed), formatCount(ended)]);
  const items = last.map(({ result, endMs }) =>
    markup`<article><h3>${result.jobID} ${result.name}</h3>
<p><span class="failed">${describeEnd(result)}</span> on ${result.node || "no node"} after ${
      formatSeconds(result.wallTimeSeconds)
    }, at ${formatTime(endMs)}</p>
${result.message === "" ? "" : markup`<pre>${result.message}</pre>`}</article>
`
  );
  return markup`<h2>Failures</h2>
${nodes.length === 0 ? "" : table(["Node", "Failed", "Ended"], nodes)}
<p class="dim">The last ${last.length}, the newest first:</p>
${items}`;
}
