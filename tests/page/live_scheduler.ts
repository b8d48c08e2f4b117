/**
 * A scheduler as a process of its own, on an embedded Mesos, that serves its page over TCP.
 *
 * @module
 */

import { waitFor } from "../kit/wait_for.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

interface Status {
  readonly jobs: Readonly<Record<string, number>> & { readonly ended: number };
}

/** A scheduler that runs. */
export class LiveScheduler implements AsyncDisposable {
  readonly #place: Workplace;
  readonly #process: Running;
  /** Of the page. */
  readonly url: string;
  /** That it asks for. */
  readonly token: string;

  /** Starts it. */
  static async start(endpoint: string): Promise<LiveScheduler> {
    const place = await Workplace.create();
    const process = place.start([
      "scheduler",
      ...["--endpoint", endpoint, "--name", "genomes", "--state", place.at("state")],
      ...["--listen", "127.0.0.1:0"],
    ]);
    const url = await waitFor(
      () => /Listening on (http:\S+);/.exec(process.stderr)?.[1],
      "a scheduler that listens",
    );
    const token = (await Deno.readTextFile(place.at("state", "token"))).trim();
    return new LiveScheduler({ place, process, url: `${url}/`, token });
  }

  private constructor(
    { place, process, url, token }: {
      place: Workplace;
      process: Running;
      url: string;
      token: string;
    },
  ) {
    this.#place = place;
    this.#process = process;
    this.url = url;
    this.token = token;
  }

  /** A directory that is removed with it. */
  get directory(): string {
    return this.#place.path;
  }

  /** Asks its API. */
  async fetch(path: string, init: RequestInit = {}): Promise<string> {
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(new URL(path, this.url), { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  }

  /** Issues jobs. */
  async submit(jobs: readonly object[]): Promise<void> {
    await this.fetch("/v1/jobs", { method: "POST", body: JSON.stringify(jobs) });
  }

  /** The report so far. */
  report(): Promise<string> {
    return this.fetch("/v1/report");
  }

  /** Waits until its status is as wanted. */
  async waitFor(condition: (status: Status) => boolean): Promise<void> {
    const isSo = async () => condition(JSON.parse(await this.fetch("/v1/status")));
    await waitFor(isSo, "the scheduler to get so far");
  }

  /** Ends it and all its jobs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGINT");
    await this.#process.ended;
    await this.#place[Symbol.asyncDispose]();
  }
}
