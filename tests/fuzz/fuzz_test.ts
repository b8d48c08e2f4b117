import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { corpusOf, corpusSize } from "./corpus.ts";
import { fuzz, FuzzFailure, type Outcomes, replayCorpus } from "./fuzz.ts";
import { recordioTarget } from "./recordio_target.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** What the corpus may take of the repository. */
const MAX_CORPUS_BYTES = 200_000;

for (const target of TARGETS) {
  Deno.test(`fuzz() finds nothing wrong with ${target.name}`, async () => {
    const outcomes: Outcomes = new Map();
    await replayCorpus(target, outcomes);
    await fuzz(target, { from: 1, goOn: (seed) => seed <= target.iterations, outcomes });
    assert(outcomes.size > 1, `all inputs ended alike: ${[...outcomes.keys()]}`);
  });
}

/** Takes some bytes for granted. */
const PLANTED: Target = {
  ...recordioTarget,
  check(input, chance) {
    if (input.length % 7 === 3) throw new RangeError("planted");
    return recordioTarget.check(input, chance);
  },
  seeds: () => [new TextEncoder().encode("1\na2\nbc")],
};

Deno.test("fuzz() finds a planted bug, and says how to repeat it", async () => {
  const find = (from: number, goOn: (seed: number) => boolean) =>
    assertRejects(() => fuzz(PLANTED, { from, goOn, outcomes: new Map() }), FuzzFailure);
  const failure = await find(1, () => true);
  const seed = Number(/deno task fuzz --target recordio --seed (\d+)/.exec(failure.message)?.[1]);
  assertStringIncludes(failure.message, "RangeError: planted");
  const again = await find(seed, (each) => each === seed);
  assertEquals(again.input, failure.input);
});

Deno.test("replayCorpus() tries what is kept", async () => {
  const tried = new Set<string>();
  const check = (input: Uint8Array) => {
    tried.add(input.toHex());
    return "tried";
  };
  await replayCorpus({ ...PLANTED, check, seeds: () => [] }, new Map());
  const kept = corpusOf("recordio").map(({ bytes }) => bytes.toHex());
  assertEquals([...tried], kept);
  assert(kept.length > 0);
});

Deno.test("the corpus belongs to targets, and is small", () => {
  const names = TARGETS.map(({ name }) => name);
  const folders = [...Deno.readDirSync(new URL("./corpus/", import.meta.url))];
  for (const { name } of folders) assert(names.includes(name), name);
  assert(corpusSize() < MAX_CORPUS_BYTES);
});
