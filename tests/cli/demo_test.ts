import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "../kit/sources.ts";
import { Workplace } from "../kit/workplace.ts";

const GENOME_LENGTH = 48_502;

/** Lengths of fragments in order of their place, as gel electrophoresis tells them. */
const FRAGMENTS: Readonly<Record<string, readonly number[]>> = {
  EcoRI: [21_226, 4_878, 5_643, 7_421, 5_804, 3_530],
  HindIII: [23_130, 2_027, 2_322, 9_416, 564, 6_682, 4_361],
};

/** How often enzymes cut this genome, as their vendors tell it. */
const CUTS: Readonly<Record<string, number>> = {
  ...{ BamHI: 5, EcoRI: 5, EcoRV: 21, HaeIII: 149, HincII: 35, HinfI: 148 },
  ...{ KpnI: 2, NotI: 0, PstI: 28, SalI: 2, XhoI: 1 },
};

/** Amino acids of proteins, as databases of proteins tell them. */
const PROTEIN_LENGTHS: Readonly<Record<string, number>> = {
  ...{ A: 641, J: 1132, int: 356, N: 133, cI: 237, cro: 66 },
  ...{ O: 299, P: 233, Q: 207, S: 107, R: 158 },
};

function readGenome(): string {
  const fasta = Deno.readTextFileSync(join(ROOT, "examples/genome/pipeline/lambda_phage.fa"));
  const [header = "", ...lines] = fasta.trimEnd().split("\n");
  assertMatch(header, /^>NC_001416\.1 /);
  return lines.join("");
}

/** The rows below the head of a table. */
async function readTable(directory: string, name: string): Promise<string[][]> {
  const text = await Deno.readTextFile(join(directory, `${name}.tsv`));
  return text.trimEnd().split("\n").slice(1).map((line) => line.split("\t"));
}

/** The sum of the counts that several tables have for each word. */
async function sumCounts(
  directory: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const name of names) {
    for (const [word = "", count] of await readTable(directory, name)) {
      sums.set(word, (sums.get(word) ?? 0) + Number(count));
    }
  }
  return sums;
}

function countWords(genome: string, length: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + length <= genome.length; i++) {
    const word = genome.slice(i, i + length);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function assertSameCounts(actual: Map<string, number>, expected: Map<string, number>): void {
  assertEquals(Object.fromEntries(actual), Object.fromEntries(expected));
}

/** Runs the task's very command line, but for the place of the results. */
async function runDemo(place: Workplace, directory: string) {
  const line = config.tasks.demo.replaceAll(/(\$PWD\/)?demo-results/g, directory);
  return await place.startCommand([Deno.execPath(), "task", "--eval", line], { cwd: ROOT }).ended;
}

async function checkGenome(directory: string): Promise<void> {
  const genome = readGenome();
  assertEquals(genome.length, GENOME_LENGTH);
  for (const length of [3, 6, 9]) {
    const parts = [1, 2, 3, 4].map((part) => `kmers-${length}-${part}`);
    assertSameCounts(await sumCounts(directory, parts), countWords(genome, length));
  }
  assertSameCounts(await sumCounts(directory, ["bases"]), countWords(genome, 1));
  assertSameCounts(await sumCounts(directory, ["pairs"]), countWords(genome, 2));
  for (const part of [1, 2, 3, 4]) {
    for (const [start, end, share] of await readTable(directory, `gc-${part}`)) {
      const window = genome.slice(Number(start) - 1, Number(end));
      assertEquals(window.length, 500);
      assertEquals(share, (window.replaceAll(/[AT]/g, "").length / 500).toFixed(4));
    }
  }
}

async function checkDigests(directory: string): Promise<void> {
  for (const [enzyme, cuts] of Object.entries(CUTS)) {
    assertEquals((await readTable(directory, `digest-${enzyme}`)).length, cuts + 1, enzyme);
  }
  for (const [enzyme, lengths] of Object.entries(FRAGMENTS)) {
    const rows = await readTable(directory, `digest-${enzyme}`);
    assertEquals(rows.map(([, , length]) => Number(length)), [...lengths], enzyme);
  }
}

async function checkGenes(directory: string): Promise<void> {
  for (const [gene, length] of Object.entries(PROTEIN_LENGTHS)) {
    const rows = await readTable(directory, `codons-${gene}`);
    const codons = rows.reduce((sum, [, , count]) => sum + Number(count), 0);
    assertEquals(codons, length + 1, gene);
    const stops = rows.filter(([, aminoAcid]) => aminoAcid === "*");
    assertEquals(stops.map(([, , count]) => count), ["1"], gene);
  }
  // Genes of the database are among the open reading frames, on either strand.
  const frames = await Promise.all(
    ["plus", "minus"].flatMap((strand) =>
      [1, 2, 3].map((frame) => readTable(directory, `orfs-${strand}-${frame}`))
    ),
  );
  const found = new Set(frames.flat().map(([start, end, length]) => [start, end, length].join()));
  for (const known of ["15505,18903,1132", "27812,28882,356", "37227,37940,237"]) {
    assert(found.has(known), known);
  }
}

Deno.test("deno task demo computes what is known of the genome", async () => {
  await using place = await Workplace.create();
  const directory = place.at("results");
  const { code, stdout, stderr } = await runDemo(place, directory);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Results go to /);
  const summary = stderr.trimEnd().split("\n").at(-1) ?? "";
  const jobs = Number(
    /^(\d+) jobs: \1 finished, 0 failed, 0 lost, 0 killed in /.exec(summary)?.[1],
  );
  assert(jobs >= 40, summary);
  const files = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.endsWith(".tsv")).length, jobs);
  assertEquals(files.length, jobs + 1, "nothing beside the tables and the result lines");
  const lines = (await Deno.readTextFile(join(directory, "results.jsonl"))).trimEnd().split("\n");
  assertEquals(lines.length, jobs);
  await checkGenome(directory);
  await checkDigests(directory);
  await checkGenes(directory);
});

Deno.test("the example pi adds up to pi", async () => {
  await using place = await Workplace.create();
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs=examples/pi/jobs.jsonl"],
    ...["--user-script=examples/pi/slice.sh", "--batch-logs-dir", place.at("logs")],
  ], { cwd: ROOT });
  assertEquals(code, 0, stderr);
  const outputs = [...Deno.readDirSync(place.at("logs"))].filter(({ name }) =>
    name.endsWith(".out.log")
  );
  assertEquals(outputs.length, 8);
  const slices = outputs.map(({ name }) => Number(Deno.readTextFileSync(place.at("logs", name))));
  const pi = slices.reduce((sum, slice) => sum + slice, 0);
  assert(Math.abs(pi - Math.PI) < 1e-12, `${pi}`);
});
