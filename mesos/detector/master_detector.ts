/**
 * Where the masters are.
 *
 * @module
 */

/** The port of a master that names none. */
export const DEFAULT_MASTER_PORT = 5050;

/** Tells which master to try next. */
export interface MasterDetector {
  /** The base URL of a master, such as `http://10.0.0.1:5050`; waits until there is one. */
  next(signal: AbortSignal): Promise<URL>;
  /** Why no master is known; undefined while one is, and while nothing has gone wrong. */
  readonly lastError: Error | undefined;
  /** How many masters `next` goes around. */
  readonly candidates: number;
  /** Has the listener called when `next` has another answer than before. */
  watch(changed: () => void): void;
  /** Gives up what the detector holds. Idempotent. */
  close(): Promise<void>;
}

/** Goes around a fixed list of masters: any of them knows who leads. */
export class StaticMasterDetector implements MasterDetector {
  /** None: the masters are always known. */
  readonly lastError: undefined = undefined;
  readonly #masters: readonly URL[];
  #index = 0;

  /**
   * Starts with the first master.
   *
   * @param masters Base URLs; at least one.
   */
  constructor(masters: readonly URL[]) {
    if (masters.length === 0) throw new RangeError("Cannot detect masters: the list is empty");
    this.#masters = masters;
  }

  /** All of the list. */
  get candidates(): number {
    return this.#masters.length;
  }

  /** The next of the list. */
  next(): Promise<URL> {
    const master = this.#masters[this.#index % this.#masters.length] as URL;
    this.#index++;
    return Promise.resolve(master);
  }

  /** Never: a master that no longer leads closes its streams. */
  watch(): void {}

  /** Holds nothing. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Nothing behind host and port: it would be left out without a word. */
const MASTER_REGEXP = /^(?:([a-z]+):\/\/)?(?:\[[^\]@\s]+\]|[^:/?#@\s]+)(?::([1-9]\d*))?\/?$/i;

/**
 * The masters of an endpoint: `HOST[:PORT]`, `http://HOST:PORT`, `https://HOST:PORT`, IPv6 in
 * brackets, several of them with commas.
 *
 * @param scheme Of masters that have none.
 * @throws {TypeError} when a part of it is none of these.
 */
export function parseMasters(endpoint: string, scheme: "http" | "https" = "http"): URL[] {
  return endpoint.split(",").map((part) => {
    const text = part.trim();
    // What is in a URL ends up in logs and process lists.
    if (text.includes("@")) {
      throw new TypeError("Cannot take a credential from the endpoint: use --secret-file");
    }
    const [, given, port] = MASTER_REGEXP.exec(text) ?? [];
    const url = URL.parse(given === undefined ? `${scheme}://${text}` : text);
    if (!MASTER_REGEXP.test(text) || !url || !/^https?:$/.test(url.protocol)) {
      throw new TypeError(
        `Cannot read "${text.replace(/\?.*$/s, "?…")}" as a master: ` +
          "expected HOST[:PORT], http://HOST:PORT or https://HOST:PORT",
      );
    }
    if (port === undefined) url.port = String(DEFAULT_MASTER_PORT);
    return url;
  });
}
