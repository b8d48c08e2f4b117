"use strict";
/* Shows a scheduler. Only text goes into the document: jobs are named by anyone. */
(() => {
  const MAX_ROWS = 100, MAX_POINTS = 240, REFRESH_MS = 1000, TAIL = 4000;
  const STATES = ["waiting", "starting", "running", "ended"];
  const $ = (id) => document.getElementById(id);
  const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fragment) {
    sessionStorage.setItem("token", fragment);
    history.replaceState(null, "", location.pathname);
  }
  const points = [];
  let selected, lastEventId, isDue = true;

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "onclick") made.addEventListener("click", value);
      else made.setAttribute(name, value);
    }
    made.append(...children.map((child) => child instanceof Node ? child : String(child)));
    return made;
  }
  async function request(path, options = {}) {
    const token = sessionStorage.getItem("token");
    const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(path, { ...options, headers });
    $("login").hidden = answer.status !== 401;
    if (!answer.ok) {
      const { error } = await answer.json().catch(() => ({
        error: { message: answer.statusText },
      }));
      throw new Error(error.message);
    }
    return answer;
  }
  const json = async (path) => (await request(path)).json();
  const size = (bytes) =>
    bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
  const seconds = (s) =>
    s === undefined
      ? ""
      : s < 60
      ? `${s.toFixed(1)} s`
      : s < 3600
      ? `${(s / 60).toFixed(1)} min`
      : `${(s / 3600).toFixed(1)} h`;
  const kind = ({ state, exitReason }) =>
    exitReason
      ? (exitReason === "FINISHED" ? "good" : "bad")
      : state === "waiting"
      ? "waiting"
      : "running";

  function fill(table, heads, rows) {
    const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)));
    const body = rows.map((cells) =>
      element("tr", {}, ...cells.map((cell) => element("td", {}, cell)))
    );
    table.replaceChildren(head, ...body);
    if (rows.length === 0) table.append(element("tr", {}, element("td", { class: "dim" }, "none")));
  }
  const jobLink = (job) =>
    element("button", { onclick: () => show(job.jobID, true) }, `${job.jobID} ${job.name}`);
  function jobRow(job) {
    const state = element("span", { class: kind(job) }, job.exitReason ?? job.state);
    return [
      jobLink(job),
      state,
      job.exitStatus ?? "",
      `${job.cores} cores, ${size(job.memory)}`,
      seconds(job.wallTime),
      job.node ?? "",
    ];
  }
  function svg(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  function drawChart() {
    const [width, height] = [900, 120];
    const most = Math.max(
      1,
      ...points.map(({ counts }) => Math.max(counts.waiting, counts.running)),
    );
    const line = (state, className) =>
      svg("polyline", {
        fill: "none",
        "stroke-width": 2,
        stroke: `var(--${className})`,
        points: points.map(({ counts }, i) =>
          `${(i / Math.max(1, MAX_POINTS - 1)) * width},${
            height - 4 - (counts[state] / most) * (height - 12)
          }`
        ).join(" "),
      });
    const label = `Waiting and running jobs in the last minutes; at most ${most}`;
    $("chart").replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
        line("waiting", "waiting"),
        line("running", "running"),
      ),
    );
  }
  function drawStatus(status) {
    $("name").textContent = `${status.name} ${status.version}`;
    $("link").textContent = status.connected ? "connected to Mesos" : "not connected to Mesos";
    points.push({ counts: status.jobs });
    if (points.length > MAX_POINTS) points.shift();
    drawChart();
    $("counts").replaceChildren(
      ...STATES.flatMap((
        state,
      ) => [
        element("strong", { class: state }, status.jobs[state]),
        ` ${state === "ended" ? "ended, not taken yet" : state}   `,
      ]),
    );
    fill(
      $("waiting"),
      ["Jobs", "Each needs", "Why they wait"],
      status.waiting.map((
        shape,
      ) => [
        shape.jobs,
        `${shape.cores} cores, ${size(shape.memory)}${shape.gpus ? `, ${shape.gpus} GPUs` : ""}`,
        shape.reason,
      ]),
    );
  }
  function drawNodes({ nodes }) {
    const meter = (used, most, text) =>
      element(
        "span",
        {},
        element("meter", { value: most ? used / most : 0, "aria-label": text }),
        ` ${text}`,
      );
    fill(
      $("nodes"),
      ["Node", "Jobs", "Cores used", "Memory used", ""],
      nodes.slice(0, MAX_ROWS).map((node) => [
        node.address,
        node.workers,
        meter(
          node.requestedCores,
          node.availableCores,
          `${node.requestedCores} of ${node.availableCores}`,
        ),
        meter(
          node.requestedMemory,
          node.availableMemory,
          `${size(node.requestedMemory)} of ${size(node.availableMemory)}`,
        ),
        node.ignored ? "ignored" : node.preemptible ? "preemptible" : "",
      ]),
    );
  }
  async function drawJobs() {
    const text = $("search").value.trim();
    const found = text
      ? (await json(`/v1/jobs?state=all&limit=${MAX_ROWS}&search=${encodeURIComponent(text)}`)).jobs
      : [
        ...(await json("/v1/jobs?state=running,starting,killing,unreachable&limit=50")).jobs,
        ...(await json("/v1/jobs?state=waiting&limit=20")).jobs,
        ...(await json("/v1/jobs?order=end&limit=30")).jobs,
      ];
    fill($("jobs"), ["Job", "State", "Status", "Needs", "Time", "Node"], found.map(jobRow));
  }
  async function drawFailures() {
    const { jobs } = await json("/v1/jobs?order=end&limit=200");
    const failed = jobs.filter(({ exitReason }) =>
      exitReason !== "FINISHED" && exitReason !== "KILLED"
    ).slice(0, 10);
    $("failures").replaceChildren(
      ...failed.map((job) =>
        element(
          "div",
          {},
          jobLink(job),
          element(
            "span",
            { class: "bad" },
            ` ${job.exitReason} ${job.exitStatus} on ${job.node || "no node"}`,
          ),
          ...(job.message ? [element("pre", {}, job.message)] : []),
        )
      ),
    );
    if (failed.length === 0) $("failures").textContent = "none";
  }
  function timeline(job) {
    const moments = [
      ["issued", job.issuedAtMs, "waiting"],
      ["launched", job.launchedAtMs, "waiting"],
      ["running", job.startedAtMs, "running"],
      ["ended", job.endedAtMs, kind(job)],
    ].filter(([, at]) => at !== undefined);
    const first = moments[0]?.[1] ?? 0,
      last = Math.max(moments.at(-1)?.[1] ?? 0, job.endedAtMs ?? Date.now()),
      span = Math.max(1, last - first);
    const marks = moments.flatMap(([, at, name], i) => {
      const x = ((at - first) / span) * 880,
        end = (((moments[i + 1]?.[1] ?? last) - first) / span) * 880;
      return [
        svg("rect", { x, y: 8, width: Math.max(2, end - x), height: 16, fill: `var(--${name})` }),
      ];
    });
    const words = moments.map(([name, at]) => `${name} ${new Date(at).toLocaleTimeString()}`).join(
      " → ",
    );
    return element(
      "div",
      {},
      svg("svg", { viewBox: "0 0 900 32", role: "img", "aria-label": words }, ...marks),
      element("p", { class: "dim" }, words),
    );
  }
  async function output(jobID, stream) {
    try {
      const text = await (await request(`/v1/jobs/${jobID}/${stream}`)).text();
      return text.length > TAIL ? `…${text.slice(-TAIL)}` : text;
    } catch (error) {
      return error.message;
    }
  }
  async function show(jobID, moveFocus) {
    selected = jobID;
    const job = await json(`/v1/jobs/${jobID}`);
    const close = element("button", {
      onclick: () => {
        selected = undefined;
        $("job").hidden = true;
      },
    }, "Close");
    const [out, err] = await Promise.all([output(jobID, "stdout"), output(jobID, "stderr")]);
    if (selected !== jobID) return;
    $("job").replaceChildren(
      element(
        "h2",
        {},
        `Job ${job.jobID} ${job.name} `,
        element("span", { class: kind(job) }, job.exitReason ?? job.state),
      ),
      element("pre", {}, job.command),
      timeline(job),
      element("h2", {}, "Standard output"),
      element("pre", {}, out),
      element("h2", {}, "Standard error"),
      element("pre", {}, err),
      close,
    );
    $("job").hidden = false;
    if (moveFocus) $("job").focus();
  }
  async function refresh() {
    if (!isDue) return;
    isDue = false;
    try {
      const [status, nodes] = await Promise.all([json("/v1/status"), json("/v1/nodes")]);
      drawStatus(status);
      drawNodes(nodes);
      await Promise.all([drawJobs(), drawFailures()]);
      if (selected !== undefined) await show(selected, false);
    } catch (error) {
      $("link").textContent = error.message;
    }
  }
  async function listen() {
    try {
      const headers = lastEventId ? { "last-event-id": lastEventId } : {};
      const { body } = await request("/v1/events", { headers });
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        isDue = true;
        lastEventId = [...read.value.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? lastEventId;
      }
    } catch {
      $("link").textContent = "no connection to the scheduler";
    }
    isDue = true;
    setTimeout(listen, 2 * REFRESH_MS);
  }
  $("search").addEventListener("input", () => isDue = true);
  $("login").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", $("token").value);
    isDue = true;
  });
  setInterval(refresh, REFRESH_MS);
  setInterval(() => isDue = true, 10 * REFRESH_MS);
  refresh();
  listen();
})();
