/**
 * A server that does to its connections what no HTTP server would do.
 *
 * @module
 */

/** One connection of a client. */
export interface Peer {
  /** Sends a text, whole. */
  write(text: string): Promise<void>;
  /** What the client sends next; undefined when it has hung up. */
  read(): Promise<string | undefined>;
}

/** Hands its connections to a function, one after the other, and closes each when that returns. */
export class RawServer implements AsyncDisposable {
  /** Everything that came, a read at a time. */
  readonly received: string[] = [];
  /** How many connections there were. */
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<unknown>[] = [];
  readonly #running: Promise<void>;

  /**
   * Listens at once.
   *
   * @param serve Serves one connection.
   */
  constructor(serve: (peer: Peer) => Promise<unknown>) {
    this.#running = this.#accept(serve);
  }

  /** Its address. */
  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#listener.addr.port}`);
  }

  /** Stops listening, and waits for what is served. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
    await Promise.all(this.#serving);
  }

  async #accept(serve: (peer: Peer) => Promise<unknown>): Promise<void> {
    for await (const connection of this.#listener) {
      this.connections++;
      // The client may hang up at any time.
      this.#serving.push(
        serve(this.#peer(connection)).catch(() => {}).finally(() => connection.close()),
      );
    }
  }

  #peer(connection: Deno.Conn): Peer {
    const buffer = new Uint8Array(64 * 1024);
    return {
      write: async (text) => {
        const bytes = new TextEncoder().encode(text);
        for (let written = 0; written < bytes.length;) {
          written += await connection.write(bytes.subarray(written));
        }
      },
      read: async () => {
        const count = await connection.read(buffer);
        if (count === null) return undefined;
        const text = new TextDecoder().decode(buffer.subarray(0, count));
        this.received.push(text);
        return text;
      },
    };
  }
}
