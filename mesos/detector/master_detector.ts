/**
 * Detection of masters.
 *
 * @module
 */

/** The default port of a master. */
export const DEFAULT_MASTER_PORT = 5050;

/** Finds the master to try next. */
export interface MasterDetector {
  /** The base URL of a master, such as `http://10.0.0.1:5050`; waits until one is known. */
  next(signal: AbortSignal): Promise<URL>;
  /** Why no master is known; undefined when one is known, or before the first failure. */
  readonly lastError: Error | undefined;
  /** How many masters `next` cycles through. */
  readonly candidates: number;
  /** Registers a listener that is called when `next` would return another master. */
  watch(changed: () => void): void;
  /** Releases the detector's resources. Idempotent. */
  close(): Promise<void>;
}

/** Cycles through a fixed list of masters, each of which knows the leader. */
export class StaticMasterDetector implements MasterDetector {
  /** Always undefined: the masters are known. */
  readonly lastError: undefined = undefined;
  readonly #first: URL;
  readonly #masters: readonly URL[];
  #index = 0;

  /**
   * Creates a detector that starts with the first master.
   *
   * @param masters Base URLs; at least one.
   */
  constructor(masters: readonly URL[]) {
    const [first] = masters;
    if (!first) throw new RangeError("Cannot detect masters: the list is empty");
    this.#first = first;
    this.#masters = masters;
  }

  /** The length of the list. */
  get candidates(): number {
    return this.#masters.length;
  }

  /** Returns the next master of the list. */
  next(): Promise<URL> {
    const [master = this.#first] = this.#masters.slice(this.#index);
    this.#index = (this.#index + 1) % this.#masters.length;
    return Promise.resolve(master);
  }

  /** Never calls the listener: a master that no longer leads closes its streams. */
  watch(): void {}

  /** Does nothing: the detector holds no resources. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Matches no path after host and port, which would be ignored silently. */
const MASTER_REGEXP = /^(?:([a-z]+):\/\/)?(?:\[[^\]@\s]+\]|[^:/?#@\s]+)(?::([1-9]\d*))?\/?$/i;

/**
 * Parses the masters of an endpoint: `HOST[:PORT]`, `http://HOST:PORT`, `https://HOST:PORT`, IPv6
 * in brackets, separated by commas.
 *
 * @param scheme The scheme of masters without one.
 * @throws {TypeError} when a part can't be parsed.
 */
export function parseMasters(endpoint: string, scheme: "http" | "https" = "http"): URL[] {
  return endpoint.split(",").map((part) => {
    const text = part.trim();
    // URLs end up in logs and process lists.
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
