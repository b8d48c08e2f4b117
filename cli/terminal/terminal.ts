/**
 * Standard output and error: results go to one, everything that is for people to the other. On a
 * terminal the last line of standard error may be a status line, which other lines push down.
 *
 * @module
 */

import { visible } from "../../support/visible_text.ts";

const ESCAPE = "\x1b";
const CLEAR_LINE = `\r${ESCAPE}[2K`;

/** Columns assumed where a terminal does not say. */
const DEFAULT_COLUMNS = 80;

/** The streams of a process. */
export interface TerminalStreams {
  /** Writes all of a text to standard output. */
  writeOutput(text: string): void;
  /** The same for a stream that may be full: resolves when all is written. */
  appendOutput(text: string): Promise<void>;
  /** Writes all of a text to standard error. */
  writeError(text: string): void;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** How wide it is. */
  columns(): number;
}

/** Writes lines. */
export class Terminal {
  readonly #streams: TerminalStreams;
  #status = "";

  /**
   * A terminal without a status line.
   *
   * @param streams Where to write.
   */
  constructor(streams: TerminalStreams) {
    this.#streams = streams;
  }

  /** Writes a line to standard output; control characters in it are made visible, and JSON stays
   * equivalent. */
  output(line: string): void {
    this.#aroundStatus(() => this.#streams.writeOutput(`${visible(line)}\n`));
  }

  /** Writes lines to standard output, whenever it takes them; resolves when they are written. */
  async append(text: string): Promise<void> {
    if (this.#status !== "") this.#writeError(CLEAR_LINE);
    await this.#streams.appendOutput(text);
    if (this.#status !== "") this.#writeError(CLEAR_LINE + this.#status);
  }

  /** Writes a line, or several, to standard error; control characters in it are made visible. */
  error(line: string): void {
    this.#aroundStatus(() => this.#writeError(`${visible(line)}\n`));
  }

  /** Shows this as the last line, cut to the width; "" shows none. Nothing where no terminal is. */
  status(text: string): void {
    if (!this.#streams.isTerminal) return;
    const columns = this.#columns();
    // The last column stays free: some terminals wrap when it is written.
    this.#status = visible(text).slice(0, columns - 1);
    this.#writeError(CLEAR_LINE + this.#status);
  }

  /** 1, for nothing at all, where the terminal has gone away. */
  #columns(): number {
    try {
      return this.#streams.columns() || DEFAULT_COLUMNS;
    } catch {
      return 1;
    }
  }

  #aroundStatus(write: () => void): void {
    if (this.#status === "") return write();
    this.#writeError(CLEAR_LINE);
    write();
    this.#writeError(this.#status);
  }

  /** A closed stream must not fail the run, and there is no one to report it to. */
  #writeError(text: string): void {
    try {
      this.#streams.writeError(text);
    } catch {
      // As said.
    }
  }
}
