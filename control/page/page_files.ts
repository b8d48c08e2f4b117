/**
 * The page that shows a scheduler in a browser, as it is served: no build step, no outside asset.
 *
 * @module
 */

import apiScript from "./api.js" with { type: "text" };
import clusterViewScript from "./cluster_view.js" with { type: "text" };
import elementsScript from "./elements.js" with { type: "text" };
import failureListScript from "./failure_list.js" with { type: "text" };
import historyChartScript from "./history_chart.js" with { type: "text" };
import document from "./index.html" with { type: "text" };
import jobListScript from "./job_list.js" with { type: "text" };
import jobViewScript from "./job_view.js" with { type: "text" };
import mainScript from "./main.js" with { type: "text" };
import baseStyle from "../base.css" with { type: "text" };
import style from "./page.css" with { type: "text" };

const SCRIPT_TYPE = "text/javascript; charset=utf-8";

const FILES: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([
  ["index.html", { type: "text/html; charset=utf-8", text: document }],
  ["page.css", { type: "text/css; charset=utf-8", text: baseStyle + style }],
  ["api.js", { type: SCRIPT_TYPE, text: apiScript }],
  ["cluster_view.js", { type: SCRIPT_TYPE, text: clusterViewScript }],
  ["elements.js", { type: SCRIPT_TYPE, text: elementsScript }],
  ["failure_list.js", { type: SCRIPT_TYPE, text: failureListScript }],
  ["history_chart.js", { type: SCRIPT_TYPE, text: historyChartScript }],
  ["job_list.js", { type: SCRIPT_TYPE, text: jobListScript }],
  ["job_view.js", { type: SCRIPT_TYPE, text: jobViewScript }],
  ["main.js", { type: SCRIPT_TYPE, text: mainScript }],
]);

/** Nothing but what is served from here, and no markup or code out of data. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  // The icon: an empty one, so that none is asked for.
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** The answer that serves a file of the page; undefined if there is none. */
export function pageFile(name: string): Response | undefined {
  const file = FILES.get(name);
  if (!file) return undefined;
  return new Response(file.text, {
    headers: {
      "content-type": file.type,
      "cache-control": "no-cache",
      "content-security-policy": POLICY,
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}
