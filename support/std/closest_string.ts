/**
 * `@std/text/closest-string`, typed at the edge.
 *
 * @module
 */

import { closestString as untypedClosestString } from "deno-std/text/closest_string.js";

/**
 * The candidate nearest to the given word by edit distance.
 *
 * @throws {TypeError} when the list of candidates is empty.
 */
export const closestString: (word: string, candidates: readonly string[]) => string =
  // The package has no types.
  untypedClosestString as unknown as typeof closestString;
