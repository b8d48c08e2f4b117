/**
 * Hashes bytes as they pass: MD5, because Toil's format demands it, and SHA-256, because MD5 is
 * broken.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What is known of a content once it has passed. */
export interface Digests {
  /** MD5, 32 lower-case hexadecimal digits. */
  md5: string;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  sha256: string;
}

/** Lets one content pass, once, and knows its digests afterwards. */
export class Digester {
  readonly #md5 = createHash("md5");
  readonly #sha256 = createHash("sha256");

  /** Passes every chunk on unchanged. */
  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.#md5.update(chunk);
      this.#sha256.update(chunk);
      yield chunk;
    }
  }

  /** The digests of all that has passed; can be asked once. */
  digests(): Digests {
    return { md5: this.#md5.digest("hex"), sha256: this.#sha256.digest("hex") };
  }
}
