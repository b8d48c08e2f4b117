/**
 * The page that shows a scheduler. It asks the control API when something has happened, at most
 * once a second, and keeps nothing but what it shows.
 *
 * @module
 */

import { followEvents, getJson, getReport, setToken, TokenError } from "./api.js";
import { drawNodes, drawWaiting } from "./cluster_view.js";
import { byId, formatCount, html } from "./elements.js";
import { drawFailures } from "./failure_list.js";
import { drawHistory } from "./history_chart.js";
import { JobList } from "./job_list.js";
import { JobView } from "./job_view.js";

const REFRESH_MS = 1_000;

/** Also when nothing happens: loads change, and clocks run. */
const QUIET_REFRESH_MS = 10_000;

const SEARCH_DELAY_MS = 250;

const list = new JobList();
const view = new JobView();
let tokenGiven = Promise.withResolvers();
let isDue = true;
let refreshedAt = 0;

async function refresh() {
  const [status, { nodes }, history] = await Promise.all([
    getJson("/v1/status"),
    getJson("/v1/nodes"),
    getJson("/v1/history"),
  ]);
  drawStatus(status);
  drawWaiting(byId("waiting"), status);
  drawNodes(byId("nodes"), nodes);
  drawHistory(byId("charts"), history);
  drawFailures(byId("failures"), history);
  await Promise.all([list.refresh(), view.refresh()]);
}

function drawStatus({ name, version, connected, stopping, jobs }) {
  byId("scheduler-name").textContent = `${name} ${version}`;
  document.title = `${formatCount(jobs.running)} running – ${name}`;
  const text = stopping ? "Stopping" : connected ? "Connected to Mesos" : "Not connected to Mesos";
  say(text, connected && !stopping);
  const counts = [
    ["waiting", jobs.waiting, "waiting"],
    ["starting", jobs.starting, ""],
    ["running", jobs.running, "running"],
    ["unreachable", jobs.unreachable, "failed"],
    ["being killed", jobs.killing, ""],
  ].filter(([, count], i) => i < 3 || count > 0);
  byId("counts").replaceChildren(...counts.map(([word, count, className]) =>
    html(
      "div",
      null,
      html("dt", null, word),
      html("dd", { class: className }, formatCount(count)),
    )
  ));
}

/** Says how the connection is, once: it is read aloud. */
function say(text, isGood) {
  const place = byId("connection");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("failed", !isGood);
}

function showError(error) {
  byId("login").hidden = !(error instanceof TokenError);
  if (error instanceof TokenError) return say("Waiting for the token", false);
  say(`No answer: ${error.message}`, false);
}

async function tick() {
  const isQuiet = performance.now() - refreshedAt < QUIET_REFRESH_MS;
  if (!document.hidden && (isDue || !isQuiet)) {
    isDue = false;
    refreshedAt = performance.now();
    try {
      await refresh();
      byId("login").hidden = true;
    } catch (error) {
      showError(error);
    }
  }
  setTimeout(tick, REFRESH_MS);
}

async function listen() {
  let lastEventId;
  while (true) {
    try {
      await followEvents(lastEventId, ({ id }) => {
        lastEventId = id;
        isDue = true;
      });
    } catch (error) {
      // The next refresh says what is wrong.
      if (error instanceof TokenError) await tokenGiven.promise;
    }
    isDue = true;
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
}

/** The address says which job is shown, and what is searched for: it can be kept and sent. */
async function followAddress() {
  const [kind = "", text = ""] = decodeURIComponent(location.hash.slice(1)).split(/\/(.*)/s);
  try {
    if (kind === "search") {
      await list.search(text);
      byId("jobs-heading").focus();
    }
    await view.show(kind === "job" ? text : undefined);
  } catch (error) {
    showError(error);
  }
}

/** A link could not send the token. */
async function saveReport() {
  const url = URL.createObjectURL(await getReport());
  html("a", { href: url, download: "report.html" }).click();
  URL.revokeObjectURL(url);
}

let searchTimer;
byId("search").addEventListener("input", () => {
  clearTimeout(searchTimer);
  const search = () => list.search(byId("search").value).catch(showError);
  searchTimer = setTimeout(search, SEARCH_DELAY_MS);
});
byId("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("jobs-heading").focus();
});
byId("login-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(byId("token").value.trim());
  byId("token").value = "";
  tokenGiven.resolve();
  tokenGiven = Promise.withResolvers();
  isDue = true;
});
byId("report").addEventListener("click", () => saveReport().catch(showError));
globalThis.addEventListener("hashchange", followAddress);
document.addEventListener("visibilitychange", () => isDue = true);

followAddress();
tick();
listen();
