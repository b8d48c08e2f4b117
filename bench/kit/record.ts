/**
 * Keeps a run: its figures in bench/results/, the plots and the tables in docs/.
 *
 * @module
 */

import { join } from "node:path";
import { ROOT } from "../../tests/kit/sources.ts";
import type { Ratios } from "./comparison.ts";
import { type Series, valueOf } from "./figure.ts";
import { currentSetting } from "./machine.ts";
import type { RunReport } from "./run.ts";
import { barPlot, linePlot } from "./svg.ts";
import { formatMarkdown } from "./table.ts";

/** Where the results of runs are. */
const RESULTS = join(ROOT, "bench/results");

const RATIOS = join(RESULTS, "guard.json");
const DOCUMENT = join(ROOT, "docs/performance.md");
const PLOTS = join(ROOT, "docs/performance");

/** Between these lines the document holds the tables of the last recorded run. */
const [BEGIN, END] = ["<!-- figures: written by bench -->", "<!-- end of the figures -->"];

/** The bars of the plot of throughput, by the names of their figures. */
const BARS = [
  "spawn limit",
  "HyperQueue",
  "bundles, in memory",
  "bundles, on disk",
  "in memory",
  "on disk",
  "real Mesos, bundles",
  "real Mesos",
  "next allocation",
] as const;

/** Writes a run down, with its plots. */
export async function recordRun(report: RunReport): Promise<void> {
  const { date, commit } = report.setting;
  const name = `${date.slice(0, 10)}-${commit.replace("+", "")}.json`;
  await Deno.mkdir(RESULTS, { recursive: true });
  await writeJson(join(RESULTS, name), report);
  for (const [file, plot] of plots(report)) await writePlot(file, plot);
  await writeTables(report);
}

/** Writes a plot into docs/performance/, as `deno fmt` would. */
export async function writePlot(file: string, plot: string): Promise<void> {
  await Deno.mkdir(PLOTS, { recursive: true });
  await Deno.writeTextFile(join(PLOTS, file), plot);
  await format(join(PLOTS, file));
}

/** The ratios that the guard compares with; none before the first were recorded. */
export async function readRatios(): Promise<Ratios> {
  const text = await Deno.readTextFile(RATIOS).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "{}";
    throw error;
  });
  return JSON.parse(text).ratios ?? {};
}

/** Replaces them. */
export async function recordRatios(ratios: Ratios): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  await writeJson(RATIOS, { setting: currentSetting(), ratios });
}

/** Writes a file of results as `deno fmt` would. */
async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value, undefined, 2));
  await format(path);
}

function* plots({ sections }: RunReport): Generator<[string, string]> {
  const { throughput, scale } = sections;
  if (throughput) {
    const bars = BARS.flatMap((name) => {
      const value = valueOf(throughput.figures, name);
      return value === undefined ? [] : [{ name, value }];
    });
    yield ["throughput.svg", barPlot({ title: "Short jobs per second", unit: "jobs/s", bars })];
  }
  const series: readonly Series[] = scale?.series ?? [];
  if (series.length > 0) {
    yield ["offer_round.svg", linePlot({ title: "Duration of a round of offers", series })];
  }
}

async function writeTables(report: RunReport): Promise<void> {
  const text = await Deno.readTextFile(DOCUMENT);
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`Cannot write ${DOCUMENT}: a mark is missing`);
  const head = text.slice(0, begin + BEGIN.length);
  await Deno.writeTextFile(DOCUMENT, `${head}\n\n${formatMarkdown(report)}\n\n${text.slice(end)}`);
  await format(DOCUMENT);
}

async function format(path: string): Promise<void> {
  const args = ["fmt", "--quiet", "--config", join(ROOT, "deno.json"), path];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(`Cannot format ${path}`);
}
