/**
 * Hashes a stream: MD5, because Toil's format requires it, and SHA-256, because MD5 is
 * broken.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The digests of a content. */
export interface Digests {
  /** MD5, 32 lower-case hexadecimal digits. */
  md5: string;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  sha256: string;
}

/** Computes the digests of one content as it is read. */
export class Digester {
  readonly #md5 = createHash("md5");
  readonly #sha256 = createHash("sha256");

  /** Yields every chunk unchanged. */
  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.#md5.update(chunk);
      this.#sha256.update(chunk);
      yield chunk;
    }
  }

  /** The digests of the content; call it once, at its end. */
  digests(): Digests {
    return { md5: this.#md5.digest("hex"), sha256: this.#sha256.digest("hex") };
  }
}
