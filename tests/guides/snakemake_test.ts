/**
 * The guide to Snakemake: its commands, word for word, and a workflow on two agents.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { MEBIBYTE } from "../../support/units.ts";
import { ROOT } from "../kit/sources.ts";
import { testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";
import { withEmbeddedScheduler } from "./embedded_scheduler.ts";
import { commandWith, GuideShell, readGuide } from "./guide.ts";
import { findPython } from "./python.ts";

const WORKFLOW = join(ROOT, "tests/guides/Snakefile");
const guide = await readGuide("snakemake.md");
const { python, missing } = await findPython(
  /snakemake-executor-plugin-cluster-generic==\S+/.exec(commandWith(guide, "pip install"))?.[0],
);
const OBSTACLE = missing && `no Snakemake can be had: ${missing}`;

/** Most modules are never imported: what is, Python compiles then. */
const COMPILES_LATE = { PIP_NO_COMPILE: "no", PYTHONDONTWRITEBYTECODE: "" };

/** Does what the guide says up to the first run. */
async function install(place: Workplace, shell: GuideShell): Promise<void> {
  await Deno.mkdir(place.at("profile"));
  for (const [path, text] of guide.files) await Deno.writeTextFile(place.at(path), text);
  await Deno.copyFile(WORKFLOW, place.at("Snakefile"));
  for (const text of ["pip install", "chmod +x"]) {
    const { code, stderr } = await shell.run(commandWith(guide, text), COMPILES_LATE);
    assertEquals(code, 0, stderr);
  }
}

/** The jobs of the scheduler, by name. */
async function jobsByName(shell: GuideShell): Promise<Map<string, Record<string, unknown>>> {
  const { stdout } = await shell.run("toil-mesos jobs --all --json");
  const jobs = stdout.trim().split("\n").map((line) => JSON.parse(line));
  return new Map(jobs.map((job) => [String(job.name).replace(/-\d+$/, ""), job]));
}

testUnless(
  OBSTACLE,
  "Snakemake runs a workflow of 30 jobs, sees failures and cancels",
  async (t) => {
    await using place = await Workplace.create();
    const shell = await GuideShell.create(place, { python3: [python] });
    await install(place, shell);
    const snakemake = commandWith(guide, "--profile profile").trim();
    const env = { ...COMPILES_LATE, XDG_CACHE_HOME: place.at("cache") };
    const run = (more: string) =>
      shell.run(`${snakemake} --seconds-between-status-checks 3 ${more}`, env);
    await withEmbeddedScheduler(shell, async () => {
      await t.step("30 jobs with inputs and outputs", async () => {
        const { code, stderr } = await run("");
        assertEquals(code, 0, stderr);
        assertEquals(await Deno.readTextFile(place.at("total.txt")), "105\n");
        const { stdout } = await shell.run("toil-mesos jobs --all --json");
        const jobs = stdout.trim().split("\n").map((line) => JSON.parse(line));
        assertEquals(jobs.length, 30);
        assert(jobs.every(({ exitReason }) => exitReason === "FINISHED"), stdout);
        assertEquals(new Set(jobs.map(({ node }) => node)).size, 2);
        const named = await jobsByName(shell);
        assertEquals(named.get("count")?.["memory"], wholeMebibytes(300e6));
        assertEquals(named.get("join")?.["cores"], 2);
        assertEquals(named.get("make")?.["disk"], wholeMebibytes(1000e6));
      });
      await t.step("a job that fails", async () => {
        const { code, stderr } = await run("broken.txt");
        assertEquals(code, 1);
        assertStringIncludes(stderr, "Error in rule broken");
        const job = (await jobsByName(shell)).get("broken");
        assertEquals(job?.["exitReason"], "FAILED");
        const { stdout } = await shell.run(`toil-mesos logs --stderr ${job?.["jobID"]}`);
        assertStringIncludes(stdout, "the reason");
      });
      await t.step("an interrupt cancels what runs", async () => {
        const running = shell.start(`exec ${snakemake} endless.txt`, env);
        await waitFor(() => isThere(place.at("begun")), "the job");
        running.kill("SIGINT");
        assert((await running.ended).code !== 0);
        await waitFor(
          async () => (await jobsByName(shell)).get("endless")?.["exitReason"] === "KILLED",
          "the end of the job",
        );
      });
      await t.step("a job that the scheduler does not know has failed", async () => {
        assertEquals((await shell.run("profile/status.sh 99")).stdout, "failed\n");
      });
    }, `--set-env XDG_CACHE_HOME=${place.at("cache")} --set-env PYTHONDONTWRITEBYTECODE=`);
    await t.step("jobs run while the scheduler is away", async () => {
      assertEquals((await shell.run("profile/status.sh 1")).stdout, "running\n");
    });
  },
);

/** As Mesos counts. */
function wholeMebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE) * MEBIBYTE;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
