/**
 * A Mesos whose parts are processes of their own, each of which can be killed, stopped and started
 * again: the embedded one, or, where `TOIL_MESOS_TEST_BINARIES` names the directory of
 * `mesos-master` and `mesos-agent`, a real one.
 *
 * @module
 */

import { join } from "node:path";
import { formatDuration } from "../../cluster/protocol/duration.ts";
import { waitFor } from "./wait_for.ts";
import { freePort, isOpen } from "./ports.ts";
import { executorsWith } from "./processes.ts";
import { commandOf } from "./program.ts";
import { Service } from "./service.ts";

const BINARIES_VARIABLE = "TOIL_MESOS_TEST_BINARIES";

/** Whether a real Mesos is used: it has no shorter time for some things. */
export const IS_REAL: boolean = Deno.env.has(BINARIES_VARIABLE);

/** How an agent differs from the usual one. */
export interface AgentSettings {
  readonly resources?: string;
  readonly hostname?: string;
  readonly attributes?: string;
  readonly recoveryTimeoutMs?: number;
}

/** How a master differs from the usual one. */
export interface MasterSettings {
  readonly agentPingTimeoutMs?: number;
  readonly maxAgentPingTimeouts?: number;
}

/** How a Mesos is made. */
export interface MesosOptions {
  /** An existing directory for everything. */
  readonly directory: string;
  /** Variables for the processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly master?: MasterSettings;
  /** One for each agent. @default {[{}]} */
  readonly agents?: readonly AgentSettings[];
}

/** What `/state` of a master says, as far as tests want to know. */
export interface MasterModel {
  readonly slaves: readonly { readonly id: string; readonly pid: string; active: boolean }[];
  readonly frameworks: readonly FrameworkModel[];
  readonly completed_frameworks: readonly FrameworkModel[];
}

/** A framework as the master knows it. */
export interface FrameworkModel {
  readonly id: string;
  readonly active: boolean;
  readonly connected: boolean;
  readonly tasks: readonly { readonly id: string; readonly state: string }[];
}

const DEFAULT_RESOURCES = "cpus:4;mem:4096;disk:10000";

/** A node can't be reached after this many pings without an answer… */
const MAX_AGENT_PING_TIMEOUTS = 3;
/** …of this many milliseconds each. */
const AGENT_PING_TIMEOUT_MS = 1_000;

/** The command of a part, from its options in the names of the embedded Mesos. */
export type CommandOf = (options: Readonly<Record<string, string | number | boolean>>) => string[];

/** One master and its agents. */
export class MesosProcesses implements AsyncDisposable {
  readonly master: Service;
  readonly agents: readonly Service[];
  readonly port: number = freePort();
  readonly #directory: string;
  readonly #ports: readonly number[];

  private constructor({ directory, env, master = {}, agents = [{}] }: MesosOptions) {
    this.#directory = directory;
    const service = (name: string, command: readonly string[]) =>
      new Service({ name, command, env, log: join(directory, `${name}.log`) });
    this.master = service(
      "master",
      masterCommand({
        ip: "127.0.0.1",
        hostname: "127.0.0.1",
        port: this.port,
        workDirectory: join(directory, "master"),
        agentPingTimeoutMs: AGENT_PING_TIMEOUT_MS,
        maxAgentPingTimeouts: MAX_AGENT_PING_TIMEOUTS,
        ...master,
      }),
    );
    this.#ports = agents.map(freePort);
    this.agents = agents.map((settings, i) =>
      service(
        `agent-${i}`,
        agentCommand({
          master: `http://127.0.0.1:${this.port}`,
          ip: this.ip(i),
          hostname: this.ip(i),
          port: this.#ports[i] as number,
          workDirectory: join(directory, `agent-${i}`),
          resources: DEFAULT_RESOURCES,
          ...settings,
        }),
      )
    );
  }

  /** Starts all parts, and waits until the agents are registered. The caller disposes of it. */
  static async start(options: MesosOptions): Promise<MesosProcesses> {
    const mesos = new MesosProcesses(options);
    try {
      mesos.master.start();
      for (const agent of mesos.agents) agent.start();
      await mesos.registered();
      return mesos;
    } catch (error) {
      await mesos[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** `HOST:PORT` of the master. */
  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The address of an agent: each has its own, as on machines of their own. */
  ip(index: number): string {
    return `127.0.0.${index + 1}`;
  }

  /** What the master says of itself; undefined while it says nothing. */
  async state(): Promise<MasterModel | undefined> {
    try {
      const response = await fetch(`http://${this.endpoint}/state`, {
        signal: AbortSignal.timeout(1_000),
      });
      return await response.json();
    } catch {
      return undefined;
    }
  }

  /** Waits until all agents are registered. */
  async registered(): Promise<void> {
    await waitFor(
      async () => {
        const active = (await this.state())?.slaves.filter((agent) => agent.active) ?? [];
        return active.length === this.agents.length;
      },
      "all agents to be registered",
    );
  }

  /** Kills an agent, and removes what it would remember its past by. */
  async forget(index: number): Promise<void> {
    await this.agents[index]?.kill();
    await Deno.remove(join(this.#directory, `agent-${index}`, "meta"), { recursive: true });
  }

  /** The processes of the executors of an agent. */
  executors(index: number): number[] {
    const endpoint = `${this.ip(index)}:${this.#ports[index]}`;
    return executorsWith({ MESOS_AGENT_ENDPOINT: endpoint });
  }

  /** The sandboxes of the executors of an agent. */
  sandboxes(index: number): string[] {
    return [...walk(join(this.#directory, `agent-${index}`, "slaves"))].filter((path) =>
      /\/runs\/[0-9a-f-]{36}$/.test(path)
    );
  }

  /** `HOST:PORT` of all parts that anybody still listens at. */
  async openPorts(): Promise<string[]> {
    const parts = [
      { hostname: "127.0.0.1", port: this.port },
      ...this.#ports.map((port, i) => ({ hostname: this.ip(i), port })),
    ];
    const open = await Promise.all(parts.map(({ hostname, port }) => isOpen(hostname, port)));
    return parts.filter((_, i) => open[i]).map(({ hostname, port }) => `${hostname}:${port}`);
  }

  /** Kills all parts. What they have started must have been ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [...this.agents, this.master]) await part[Symbol.asyncDispose]();
  }
}

/** All directories below one. */
function* walk(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (!isDirectory) continue;
    yield join(directory, name);
    yield* walk(join(directory, name));
  }
}

function embedded(path: string): CommandOf {
  return (options) => [...commandOf(path), JSON.stringify(options)];
}

/** Where a real Mesos calls something otherwise. */
const FLAGS: Readonly<Record<string, string>> = { workDirectory: "work_dir" };

function real(program: string): CommandOf {
  return (options) => [
    join(Deno.env.get(BINARIES_VARIABLE) ?? "", program),
    ...Object.entries(options).map(([name, value]) => flag(name, value)),
  ];
}

/** `agentPingTimeoutMs: 1000` → `--agent_ping_timeout=1secs`. */
function flag(name: string, value: string | number | boolean): string {
  const isTime = name.endsWith("Ms");
  const words = FLAGS[name] ??
    name.replace(/Ms$/, "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const text = name === "master" ? String(value).replace("http://", "") : String(value);
  return `--${words}=${isTime ? formatDuration(Number(value)) : text}`;
}

/** Away from what agents of this machine share by default. */
function realAgent(options: Parameters<CommandOf>[0]): string[] {
  return [
    ...real("mesos-agent")(options),
    ...["--launcher=posix", "--no-systemd_enable_support"],
    `--runtime_dir=${options["workDirectory"]}/run`,
    `--fetcher_cache_dir=${options["workDirectory"]}/fetch`,
  ];
}

/** The command of an agent of the embedded Mesos. */
export const embeddedAgent: CommandOf = embedded("tests/kit/agent_process.ts");

const masterCommand = IS_REAL ? real("mesos-master") : embedded("tests/kit/master_process.ts");
const agentCommand = IS_REAL ? realAgent : embeddedAgent;
