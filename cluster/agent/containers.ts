/**
 * Executor processes: each has its own sandbox and session.
 *
 * ```text
 *  launch ──► fetching ──► running ──► ended, and what is left of its tree killed
 *                │ failed     │ destroy ─────────▲
 *                └────────────┴──────────────────┘
 * ```
 *
 * @see src/slave/containerizer/mesos in Mesos
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { CommandInfo } from "../../mesos/wire/messages.ts";
import { isAlive, startTicksOf } from "../../process/process_table.ts";
import { startShell } from "../../process/shell_command.ts";
import { exitStatusOf } from "../../process/signals.ts";
import {
  listDirectory,
  readFileIfPresent,
  removeIfPresent,
  writeFileAndDirectories,
} from "../files.ts";
import { encodeJson } from "../protocol/json.ts";
import { readJson } from "../protocol/agent_protocol.ts";
import { type Run, run } from "./core/agent_checkpoints.ts";
import { fetchUris } from "./fetcher.ts";
import { FetcherCache } from "./fetcher_cache.ts";
import { killTree } from "./kill_tree.ts";
import { asError } from "../../support/reason.ts";
import { quoteWords } from "../../support/shell_words.ts";

/** How often to check whether a process that is not our child still exists. */
const WATCH_PERIOD_MS = 50;

const SIGKILL = 9;
const UNKNOWN_STATUS = -1;

export interface ContainerEvents {
  started(run: Run, pid: number): void;
  failed(run: Run, reason: string): void;
  /** No process remains. `status` is the wait status, -1 when unknown. */
  ended(run: Run, status: number): void;
}

export interface ContainerLaunch {
  run: Run;
  command: CommandInfo;
  sandbox: string;
  environment: Readonly<Record<string, string>>;
}

const pidFile = z.object({
  run,
  pid: z.number(),
  startTicks: z.number().optional(),
});

interface Container {
  run: Run;
  pid: number | undefined;
  fetching: AbortController | undefined;
  watch: ReturnType<typeof setInterval> | undefined;
}

export class Containers {
  readonly #directory: string;
  readonly #cache: FetcherCache;
  readonly #events: ContainerEvents;
  readonly #containers = new Map<string, Container>();
  #abandoned = false;

  constructor(
    directories: { readonly processes: string; readonly cache: string },
    events: ContainerEvents,
  ) {
    this.#directory = directories.processes;
    this.#cache = new FetcherCache(directories.cache);
    this.#events = events;
  }

  get size(): number {
    return this.#containers.size;
  }

  /** Starts an executor; events report its progress. */
  async launch(launch: ContainerLaunch): Promise<void> {
    const { run, command, sandbox } = launch;
    const fetching = new AbortController();
    const container: Container = { run, pid: undefined, fetching, watch: undefined };
    this.#containers.set(run.containerId, container);
    try {
      const { signal } = fetching;
      await fetchUris(command.uris ?? [], sandbox, { signal, cache: this.#cache });
      fetching.signal.throwIfAborted();
    } catch (error) {
      return this.#failed(container, fetchFailure(launch, asError(error), fetching.signal));
    }
    if (this.#abandoned) return;
    container.fetching = undefined;
    try {
      this.#start(container, launch);
    } catch (error) {
      this.#failed(container, asError(error).message);
    }
  }

  destroy({ containerId }: Run): void {
    const container = this.#containers.get(containerId);
    container?.fetching?.abort(new Error("Container is being destroyed during fetching"));
    if (container?.pid !== undefined) killTree(container.pid);
  }

  /** The processes that an earlier run of the agent started, by container id. */
  readProcesses(): Map<string, { run: Run; pid: number }> {
    const processes = new Map<string, { run: Run; pid: number }>();
    for (const containerId of listDirectory(this.#directory)) {
      const content = readFileIfPresent(join(this.#directory, containerId));
      if (!content || containerId.endsWith(".new")) continue;
      const { run, pid, startTicks } = readJson(content, pidFile);
      // A process id can be reused, but not while its session exists.
      const present = startTicksOf(pid);
      if (present === undefined || present === startTicks) processes.set(containerId, { run, pid });
      else this.#forget(containerId);
    }
    return processes;
  }

  /** Takes over a process that an earlier run of the agent started. */
  adopt(run: Run, pid: number | undefined): void {
    const container: Container = { run, pid, fetching: undefined, watch: undefined };
    this.#containers.set(run.containerId, container);
    const look = () => {
      if (pid === undefined || !isAlive(pid)) this.#ended(container, UNKNOWN_STATUS);
    };
    container.watch = setInterval(look, WATCH_PERIOD_MS);
    queueMicrotask(look);
  }

  /** Kills a process that an earlier run of the agent started and that is no longer needed. */
  discard({ containerId }: Run, pid: number): void {
    killTree(pid);
    this.#forget(containerId);
  }

  /** Leaves all processes running and stops reporting on them. */
  abandon(): void {
    this.#abandoned = true;
    this.#cache.close();
    for (const { watch, fetching } of this.#containers.values()) {
      clearInterval(watch);
      fetching?.abort();
    }
    this.#containers.clear();
  }

  #start(container: Container, { run, command, sandbox, environment }: ContainerLaunch): void {
    const child = startShell({
      command: shellText(command),
      directory: sandbox,
      environment,
      standardOutputPath: join(sandbox, "stdout"),
      standardErrorPath: join(sandbox, "stderr"),
    });
    child.unref();
    const { pid } = child;
    container.pid = pid;
    const file: z.infer<typeof pidFile> = { run, pid, startTicks: startTicksOf(pid) };
    writeFileAndDirectories(join(this.#directory, run.containerId), encodeJson(file));
    this.#events.started(run, pid);
    exitStatusOf(child).then((status) => this.#ended(container, waitStatus(status)));
  }

  #failed(container: Container, reason: string): void {
    if (this.#abandoned) return;
    this.#events.failed(container.run, reason);
    this.#ended(container, SIGKILL);
  }

  #ended(container: Container, status: number): void {
    if (this.#abandoned) return;
    clearInterval(container.watch);
    const { run, pid } = container;
    if (pid !== undefined) killTree(pid);
    this.#containers.delete(run.containerId);
    this.#forget(run.containerId);
    this.#events.ended(run, status);
  }

  #forget(containerId: string): void {
    removeIfPresent(join(this.#directory, containerId));
  }
}

function waitStatus(exitStatus: number): number {
  return exitStatus < 0 ? -exitStatus : exitStatus << 8;
}

function shellText({ shell = true, value = "", arguments: argv = [] }: CommandInfo): string {
  return shell ? value : `exec ${quoteWords([value, ...argv.slice(1)])}`;
}

/** The reason as Mesos words it; the details are in the sandbox. */
function fetchFailure(
  { run, sandbox }: ContainerLaunch,
  error: Error,
  signal: AbortSignal,
): string {
  if (signal.aborted) return error.message;
  try {
    Deno.writeTextFileSync(join(sandbox, "stderr"), `${error.message}\n`, { append: true });
  } catch {
    // The details are lost, but the failure is still reported.
  }
  return `Failed to fetch all URIs for container '${run.containerId}': exited with status 1`;
}
