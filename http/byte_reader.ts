/**
 * Lines and bytes from a stream, as they are needed.
 *
 * @module
 */

/** How much is read at a time. */
const BUFFER_BYTES = 32 * 1024;

const NEWLINE = 0x0a;

const WHOLE = new TextDecoder();

/** Gives bytes: a connection, for example. */
export interface ByteSource {
  /** Fills the beginning of the buffer; resolves to the number of bytes, null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** How many bytes may still be read for one purpose. */
export interface Budget {
  /** Less with each line. */
  bytes: number;
}

/** Reads a source in order. One read at a time. */
export class ByteReader {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #start = 0;
  #end = 0;
  #ahead: Promise<boolean> | undefined;

  /**
   * Has read nothing yet.
   *
   * @param source Gives the bytes.
   */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * Begins to read before anything is asked for; resolves as soon as there are bytes (true), or the
   * end or an error (false).
   */
  async readAhead(): Promise<boolean> {
    if (this.#start < this.#end) return true;
    this.#ahead ??= this.#read().finally(() => this.#ahead = undefined);
    return await this.#ahead.catch(() => false);
  }

  /** The next bytes, at most `max` of them; undefined at the end. The caller owns them. */
  async some(max: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!await this.#fill()) return undefined;
    const end = Math.min(this.#end, this.#start + max);
    const bytes = this.#buffer.slice(this.#start, end);
    this.#start = end;
    return bytes;
  }

  /**
   * The next line, without its end.
   *
   * @throws {SyntaxError} when it is longer than the budget allows, or the stream ends before it.
   */
  async line(budget: Budget): Promise<string> {
    // Most lines come whole, and need no decoder that remembers the beginning.
    let partial: TextDecoder | undefined;
    let text = "";
    while (await this.#fill()) {
      const newline = this.#buffer.subarray(0, this.#end).indexOf(NEWLINE, this.#start);
      const end = newline < 0 ? this.#end : newline + 1;
      const bytes = this.#buffer.subarray(this.#start, end);
      budget.bytes -= bytes.length;
      if (budget.bytes < 0) throw new SyntaxError("the head is too long");
      this.#start = end;
      if (newline < 0) text += (partial ??= new TextDecoder()).decode(bytes, { stream: true });
      else return (text + (partial ?? WHOLE).decode(bytes)).replace(/\r?\n$/, "");
    }
    throw new SyntaxError("the connection was closed before the end of the message");
  }

  /** Makes sure that there is a byte; false at the end. */
  async #fill(): Promise<boolean> {
    while (this.#start === this.#end) {
      if (!await (this.#ahead ?? this.#read())) return false;
    }
    return true;
  }

  async #read(): Promise<boolean> {
    const count = await this.#source.read(this.#buffer);
    this.#start = 0;
    this.#end = count ?? 0;
    return count !== null;
  }
}
