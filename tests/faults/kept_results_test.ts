import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { PROGRAM } from "../kit/program.ts";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted } from "../kit/ledger.ts";
import { countLines, readResults } from "../kit/results.ts";
import { type Site, withSite } from "../kit/site.ts";

/** Together their result lines are several times what a pipe holds. */
const JOBS = Array.from({ length: 400 }, (_, i) => ({ name: `${i}-${"x".repeat(900)}` }));

/** A scheduler whose results are kept in its state, and handed on through a pipe. */
function scheduleIntoPipe(site: Site) {
  const [file = "", ...words] = PROGRAM;
  const child = new Deno.Command(file, {
    args: [
      ...[...words, "scheduler", "--endpoint", site.mesos.endpoint],
      ...["--jobs", site.place.at("jobs.jsonl"), "--state", site.state],
    ],
    env: { NO_COLOR: "1", TMPDIR: site.place.at("tmp") },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return {
    child,
    reader: child.stdout.pipeThrough(new TextDecoderStream()).getReader(),
    stderr: new Response(child.stderr).text(),
  };
}

/** The rest of a pipe. */
async function readAll(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  return text;
}

/** The names in whole lines. */
function namesIn(text: string): string[] {
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line).name);
}

Deno.test("results are kept exactly once, and reach a slow pipe at least once, when schedulers are killed", async () => {
  await withSite({}, async (site) => {
    await site.writeJobs(JOBS);
    const kept = `${site.state}/results.jsonl`;
    const ended = () => [...site.ledger.read().values()].filter(({ ends }) => ends.length > 0);
    const handedOn: string[] = [];
    for (const share of [1 / 4, 1]) {
      const { child, reader, stderr } = scheduleIntoPipe(site);
      const first = (await reader.read()).value ?? "";
      await waitFor(
        () => ended().length >= share * JOBS.length && countLines(kept) > 0,
        `${share * JOBS.length} jobs to end`,
      );
      child.kill("SIGKILL");
      const text = first + await readAll(reader);
      await Promise.all([child.status, stderr]);
      handedOn.push(...namesIn(text));
      assertGreater(JOBS.length, new Set(handedOn).size, "the pipe held back nothing");
    }
    const { child, reader, stderr } = scheduleIntoPipe(site);
    handedOn.push(...namesIn(await readAll(reader)));
    assertEquals((await child.status).code, 0, await stderr);
    assertStringIncludes(
      await stderr,
      `Results are kept in ${kept}, each once; on standard output a line can come again after a ` +
        "restart",
    );
    assertAccounted(JOBS, site.ledger, readResults(kept));
    assertEquals(new Set(handedOn), new Set(JOBS.map(({ name }) => name)));
  });
});
