/**
 * An agent in a process of its own, which can be killed and stopped like any other.
 *
 * @module
 */

import type { AgentOptions } from "../../cluster/cluster.ts";

const CLUSTER_MODULE = new URL("../../cluster/cluster.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

/** Options of an agent, as they can be written down. */
export type AgentProcessOptions = Omit<AgentOptions, "master"> & {
  /** Where the master is. */
  master: string;
};

/** A running agent process. */
export class AgentProcess {
  readonly #child: Deno.ChildProcess;

  /**
   * Starts the process.
   *
   * @param options Of the agent.
   */
  constructor(options: AgentProcessOptions) {
    const code = `
      import { startAgent } from ${JSON.stringify(CLUSTER_MODULE.href)};
      const options = ${JSON.stringify(options)};
      startAgent({ ...options, master: new URL(options.master) });
    `;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--config", CONFIG.pathname, code],
      stdin: "null",
    }).spawn();
  }

  /** It does nothing any more, but its connections stay. */
  pause(): void {
    Deno.kill(this.#child.pid, "SIGSTOP");
  }

  /** It goes on. */
  resume(): void {
    Deno.kill(this.#child.pid, "SIGCONT");
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    Deno.kill(this.#child.pid, "SIGKILL");
    await this.#child.status;
  }
}

/** A TCP port on which nobody listened just now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
