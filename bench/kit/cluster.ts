/**
 * The Mesos that sections run jobs on: an embedded one, in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import type { Credential } from "../../mesos/http/credential.ts";
import { ROOT } from "../../tests/kit/sources.ts";

/** How large a cluster is. */
export interface ClusterSize {
  readonly agents: number;
  readonly cpusPerAgent: number;
}

/** The cluster that throughput and latency are measured on. */
export const USUAL_CLUSTER: ClusterSize = { agents: 2, cpusPerAgent: 4 };

/** A Mesos and how to get in. */
export interface BenchMesos {
  /** `HOST:PORT`. */
  readonly endpoint: string;
  readonly credential: Credential | undefined;
  /** The process of master and agents, where it was started here. */
  readonly pid?: number;
}

/** A running cluster; `await using` ends it. */
export class BenchCluster implements BenchMesos, AsyncDisposable {
  readonly endpoint: string;
  readonly credential: Credential;
  readonly #process: Deno.ChildProcess;

  private constructor(
    process: Deno.ChildProcess,
    { address, credential }: { address: string; credential: Credential },
  ) {
    this.#process = process;
    this.endpoint = address;
    this.credential = credential;
  }

  /** Starts one, with further options of `deno run`; resolves when its agents are registered. */
  static async start(
    { agents, cpusPerAgent }: ClusterSize,
    options: readonly string[] = [],
  ): Promise<BenchCluster> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--allow-all", "--config", join(ROOT, "deno.json")],
        ...options,
        join(ROOT, "bench/kit/cluster_process.ts"),
        ...[String(agents), `cpus:${cpusPerAgent};mem:16384;disk:100000`],
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await lines.read();
    await lines.cancel();
    if (value === undefined) throw new Error("Cannot start the cluster: it said nothing");
    return new BenchCluster(process, JSON.parse(value));
  }

  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close();
    await this.#process.status;
  }
}
