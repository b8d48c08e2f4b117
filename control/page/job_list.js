/**
 * The list of jobs: a page of the API at a time, however many there are.
 *
 * @module
 */

import { getJson } from "./api.js";
import { byId, drawTable, formatNeeds, formatSeconds, jobLink, stateOf } from "./elements.js";

const PAGE_JOBS = 50;

/** Shows the jobs of a state, or those that a search finds. */
export class JobList {
  /** The `after` of each page up to the one that is shown. */
  #cursors = [0];
  #next;
  #isBusy = false;

  constructor() {
    byId("next").addEventListener("click", () => this.#turn([...this.#cursors, this.#next]));
    byId("previous").addEventListener("click", () => this.#turn(this.#cursors.slice(0, -1)));
    byId("state").addEventListener("change", () => this.#turn([0]));
  }

  /** Looks for jobs of any state by id, name or node. */
  search(text) {
    byId("search").value = text;
    if (text !== "") byId("state").value = "all";
    return this.#turn([0]);
  }

  async #turn(cursors) {
    this.#cursors = cursors;
    await this.refresh();
  }

  /** Draws the page again. */
  async refresh() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      let shown;
      do {
        shown = this.#wanted();
        this.#draw(await getJson("/v1/jobs", shown));
      } while (JSON.stringify(shown) !== JSON.stringify(this.#wanted()));
    } finally {
      this.#isBusy = false;
    }
  }

  #wanted() {
    const search = byId("search").value.trim();
    const state = byId("state").value;
    const query = { state, limit: PAGE_JOBS };
    // The last that have ended are of interest, not the first.
    if (state === "ended" && search === "") return { ...query, order: "end" };
    return { ...query, after: this.#cursors.at(-1), ...(search === "" ? {} : { search }) };
  }

  #draw({ jobs, next }) {
    this.#next = next;
    byId("previous").disabled = this.#cursors.length === 1;
    byId("next").disabled = next === undefined;
    const [first, last] = [jobs[0]?.jobID, jobs.at(-1)?.jobID];
    byId("jobs-range").textContent = jobs.length === 0
      ? ""
      : `page ${this.#cursors.length}: ${jobs.length} jobs, ${first} to ${last}`;
    drawTable(byId("jobs"), {
      columns: [
        { name: "Job", className: "number" },
        { name: "Name", className: "name" },
        { name: "State", className: "nowrap" },
        { name: "Time", className: "number nowrap" },
        { name: "Node", className: "nowrap" },
        { name: "Needs" },
      ],
      rows: jobs.map((job) => [
        jobLink(job),
        jobLink(job, job.name),
        stateOf(job),
        formatTime(job),
        job.node ?? "",
        formatNeeds(job),
      ]),
      empty: "No such job.",
    });
  }
}

function formatTime({ wallTime, startedAtMs }) {
  if (wallTime !== undefined) return formatSeconds(wallTime);
  if (startedAtMs === undefined) return "";
  return formatSeconds(Math.max(0, Math.round((Date.now() - startedAtMs) / 1000)));
}
