/**
 * Sets zip.js up for this program, when imported: no web workers, small chunks.
 *
 * @module
 */

import { configure } from "@zip.js/zip.js";

/**
 * How much compressed data is taken at a time. A chunk may grow a thousandfold before anybody can
 * count it, so this also bounds what a bomb can take of the memory.
 */
const CHUNK_BYTES = 32 * 1024;

configure({ useWebWorkers: false, chunkSize: CHUNK_BYTES });
