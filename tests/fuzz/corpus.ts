/**
 * The inputs that are kept: a folder a target, a file an input, large ones compressed as `.gz`.
 * Those that once failed are tried first in every run of the tests.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { RecordIoDecoder } from "../../mesos/wire/recordio.ts";

const CORPUS = new URL("./corpus/", import.meta.url);
const CAPTURES = new URL("../golden/captures/", import.meta.url);

/** An input that is kept. */
export interface CorpusInput {
  /** The name of its file. */
  readonly name: string;
  /** The input. */
  readonly bytes: Uint8Array;
}

function read(file: URL): Uint8Array {
  const bytes = Deno.readFileSync(file);
  return file.pathname.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes;
}

function filesOf(folder: URL): CorpusInput[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ isFile }) => isFile)
    .map(({ name }) => ({ name, bytes: read(new URL(name, folder)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The inputs of a target, by name; none when it has no folder. */
export function corpusOf(target: string): CorpusInput[] {
  try {
    return filesOf(new URL(`${target}/`, CORPUS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** What the files of all targets take. */
export function corpusSize(): number {
  return [...Deno.readDirSync(CORPUS)].flatMap(({ name: target }) =>
    [...Deno.readDirSync(new URL(`${target}/`, CORPUS))].map(({ name }) =>
      Deno.statSync(new URL(`${target}/${name}`, CORPUS)).size
    )
  ).reduce((sum, size) => sum + size, 0);
}

/** Keeps an input; gives its path. */
export function keepInput(target: string, { name, bytes }: CorpusInput): string {
  const folder = new URL(`${target}/`, CORPUS);
  Deno.mkdirSync(folder, { recursive: true });
  const file = new URL(name, folder);
  Deno.writeFileSync(file, bytes);
  return file.pathname;
}

/** What a real Mesos and its clients said, by folder of the captures. */
export function capturedStreams(folder: string): Uint8Array[] {
  return filesOf(new URL(`${folder}/`, CAPTURES))
    .filter(({ name }) => name.endsWith(".recordio")).map(({ bytes }) => bytes);
}

/** The events of the captured streams, one by one. */
export function capturedEvents(folder: string): Uint8Array[] {
  return capturedStreams(folder).flatMap((stream) => new RecordIoDecoder().push(stream));
}

/** The calls captured in protobuf, or in JSON. */
export function capturedCalls(folder: string): Uint8Array[] {
  const files = filesOf(new URL(`${folder}/`, CAPTURES));
  if (folder.endsWith("-protobuf")) {
    return files.filter(({ name }) => name.startsWith("call-")).map(({ bytes }) => bytes);
  }
  const lines = files.filter(({ name }) => name === "calls.jsonl")
    .flatMap(({ bytes }) => new TextDecoder().decode(bytes).trim().split("\n"));
  return lines.map((line) => new TextEncoder().encode(JSON.stringify(JSON.parse(line).request)));
}
