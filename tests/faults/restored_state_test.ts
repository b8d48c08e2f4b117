import { assertEquals, assertMatch } from "@std/assert";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { type Site, withSite } from "../kit/site.ts";
import { waitFor } from "../kit/wait_for.ts";
import { isAlive } from "../../process/process_table.ts";

function gatedJobs(site: Site, gate: string, count: number): LedgerJob[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${gate}-${i}`,
    work: site.gate(gate),
  }));
}

Deno.test("a state that was restored from a backup adopts what runs, and runs and reports nothing twice", async () => {
  await withSite({}, async (site) => {
    const jobs = [
      { name: "short" },
      ...gatedJobs(site, "reported", 2),
      ...gatedJobs(site, "known", 2),
      ...gatedJobs(site, "unknown", 2),
      ...gatedJobs(site, "waiting", 3),
    ];
    await site.writeJobs(jobs);
    const first = site.schedule();
    await waitFor(
      () => site.reported() === 1 && site.ledger.running().size === 4,
      "one job to be reported and four to run",
    );
    await copyFiles(site.state, site.place.at("backup"));
    // What follows is in Mesos and in the results alone.
    await site.open("reported");
    await waitFor(
      () => site.reported() === 3 && site.ledger.running().size === 4,
      "the next jobs to run",
    );
    const before = site.ledger.running();
    first.kill("SIGKILL");
    await first.ended;
    await Deno.remove(site.state, { recursive: true });
    await Deno.rename(site.place.at("backup"), site.state);
    const results = await Deno.readTextFile(site.results);

    const refused = await site.schedule().ended;
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(refused.stderr, /Cannot use .*scheduler\.sqlite: it .* give --restored-state/);
    assertEquals(await Deno.readTextFile(site.results), results);

    const second = site.schedule(["--restored-state"]);
    await site.open("waiting");
    await site.open("known");
    await waitFor(() => site.reported() === 8, "all but two jobs to be reported");
    for (const [name, pid] of site.ledger.running()) {
      assertEquals([pid, isAlive(pid)], [before.get(name), true], name);
    }
    await site.open("unknown");
    const { code, stderr } = await second.ended;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, / WARN .*The state is older than what was run with it/);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

async function copyFiles(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
