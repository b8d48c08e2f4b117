/**
 * Where the program is run as a process of its own, as its users run it, and where nothing of it may
 * be left afterwards.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { PROGRAM } from "./program.ts";
import { processesWhere } from "./processes.ts";
import { sendSignal } from "../../process/signals.ts";
import { waitFor } from "./wait_for.ts";

// A test that fails leaves processes, so that its disposal fails as well. Deno prints causes, and of a
// SuppressedError nothing else.
Object.defineProperty(SuppressedError.prototype, "cause", {
  configurable: true,
  get(this: SuppressedError): unknown {
    return this.suppressed;
  },
});

/** How a process has ended, and what it has written. */
export interface Ended {
  /** The exit code; 128 and the number of the signal where one ended it. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  /** Variables beyond those that every program needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly stdin?: string;
  /** Whether standard input stays open after that, until `endInput`. @default {false} */
  readonly holdsInput?: boolean;
  /** The current directory. @default {the workplace} */
  readonly cwd?: string;
  /** A signal that it is started to ignore, as `nohup` does with HUP. */
  readonly ignoredSignal?: string;
}

/** A process under way. */
export class Running {
  readonly #child: Deno.ChildProcess;
  readonly #texts = { stdout: "", stderr: "" };
  /** Settles when it has ended and all that it wrote was read. */
  readonly ended: Promise<Ended>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    const streams = (["stdout", "stderr"] as const).map(async (name) => {
      for await (const text of child[name].pipeThrough(new TextDecoderStream())) {
        this.#texts[name] += text;
      }
    });
    this.ended = Promise.all(streams).then(async () => {
      const { code } = await child.status;
      return { code, ...this.#texts };
    });
  }

  /** What it has written to standard error so far. */
  get stderr(): string {
    return this.#texts.stderr;
  }

  /** What it has written to standard output so far. */
  get stdout(): string {
    return this.#texts.stdout;
  }

  /** Waits until a scheduler is registered with its master. */
  async registered(): Promise<void> {
    await waitFor(() => this.stderr.includes("Registered"), "a scheduler");
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Writes to standard input; the process may have ended. */
  async input(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  /** Ends standard input, as the death of who holds it does. */
  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }
}

/** A directory, the programs that are run in it, and what they leave. */
export class Workplace implements AsyncDisposable {
  /** Absolute. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<Workplace> {
    const path = await Deno.realPath(await Deno.makeTempDir());
    await Deno.mkdir(join(path, "tmp"));
    await Deno.mkdir(join(path, "run"), { mode: 0o700 });
    return new Workplace(path);
  }

  /** A path in it. */
  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Makes a file of jobs; gives its path. */
  async jobs(jobs: readonly object[], name = "jobs.jsonl"): Promise<string> {
    const path = this.at(name);
    await Deno.writeTextFile(path, jobs.map((job) => `${JSON.stringify(job)}\n`).join(""));
    return path;
  }

  /** Starts toil-mesos. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    return this.startCommand([...PROGRAM, ...args], options);
  }

  /** Starts any program. */
  startCommand(words: readonly string[], options: RunOptions = {}): Running {
    const { env, stdin = "", holdsInput = false, cwd = this.path, ignoredSignal } = options;
    const ignore = ignoredSignal === undefined ? "" : `trap "" ${ignoredSignal}; `;
    const child = new Deno.Command("sh", {
      args: ["-c", `${ignore}exec "$0" "$@"`, ...words],
      cwd,
      // Its temporary directories and its executors can be told from those of others by this.
      env: { NO_COLOR: "1", TMPDIR: this.at("tmp"), XDG_RUNTIME_DIR: this.at("run"), ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const running = new Running(child);
    const written = running.input(stdin);
    if (!holdsInput) written.then(() => running.endInput());
    return running;
  }

  /** Runs toil-mesos. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** The processes that live here: what the program has started, and what that has started. */
  processes(): number[] {
    return processesWhere((environment) =>
      environment.some((entry) => entry.includes(`=${this.path}/`))
    );
  }

  /** Waits until no process lives here. */
  async empty(): Promise<void> {
    await waitFor(() => this.processes().length === 0, `no process to live in ${this.path}`);
  }

  /** Nothing is left: neither a process nor a temporary file. */
  async assertEmpty(): Promise<void> {
    await this.empty();
    assertEquals([...Deno.readDirSync(this.at("tmp"))].map(({ name }) => name), []);
  }

  /** Removes temporary files that a process could not remove because it was ended by force. */
  async sweep(): Promise<void> {
    await Deno.remove(this.at("tmp"), { recursive: true });
    await Deno.mkdir(this.at("tmp"));
  }

  /** Ends by force what still runs here. */
  async end(): Promise<void> {
    await waitFor(() => {
      const left = this.processes();
      left.forEach((pid) => sendSignal(pid, "SIGKILL"));
      return left.length === 0;
    }, "all processes to end");
  }

  /** Removes it. What is left is ended: it would disturb other tests. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.assertEmpty();
    } finally {
      await this.end();
      await Deno.remove(this.path, { recursive: true });
    }
  }
}
