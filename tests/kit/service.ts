/**
 * A program that can be killed, stopped and continued, and started again in the same way.
 *
 * @module
 */

/** How a service is run. */
export interface ServiceOptions {
  /** What it is called in messages. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Variables beyond those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** What it writes is appended to this file. */
  readonly log: string;
}

/** The file takes what the program writes even when nobody is there to read it. */
const SHELL = 'log=$1; shift; exec "$@" >>"$log" 2>&1';

/** A program and, while it runs, its process. */
export class Service {
  readonly name: string;
  readonly #options: ServiceOptions;
  #child: Deno.ChildProcess | undefined;
  #isPaused = false;

  constructor(options: ServiceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Whether there is a process, and nobody has stopped it. */
  get isUp(): boolean {
    return this.#child !== undefined && !this.#isPaused;
  }

  get pid(): number {
    if (!this.#child) throw new Error(`Cannot name the process of ${this.name}: it does not run`);
    return this.#child.pid;
  }

  start(): void {
    const { command, env, log } = this.#options;
    this.#child = new Deno.Command("sh", {
      args: ["-c", SHELL, "sh", log, ...command],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** It does nothing any more, but what it holds stays. */
  pause(): void {
    Deno.kill(this.pid, "SIGSTOP");
    this.#isPaused = true;
  }

  resume(): void {
    Deno.kill(this.pid, "SIGCONT");
    this.#isPaused = false;
  }

  /** Kills it, and waits until it is gone. It must run. */
  async kill(): Promise<void> {
    const child = this.#child;
    Deno.kill(this.pid, "SIGKILL");
    this.#child = undefined;
    this.#isPaused = false;
    await child?.status;
  }

  /** Kills it if it runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.kill();
  }
}
