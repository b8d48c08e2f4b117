import { assert, assertEquals, assertMatch } from "@std/assert";
import { Chance } from "../sim/chance.ts";
import { waitFor } from "../kit/wait_for.ts";
import { assertAccounted, type LedgerJob } from "../kit/ledger.ts";
import { isAlive } from "../../process/process_table.ts";
import { newSeed, pause } from "../kit/random.ts";
import { type Site, withSite } from "../kit/site.ts";

const TWO_AGENTS = { agents: [{}, {}] };

/** Jobs that run until a gate is opened. */
function gatedJobs(site: Site, gate: string, count: number): LedgerJob[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${gate}-${i}`,
    work: site.gate(gate),
  }));
}

/** Waits until so many jobs run; gives their processes by name. */
async function running(site: Site, count: number): Promise<Map<string, number>> {
  await waitFor(() => site.ledger.running().size === count, `${count} jobs to run`);
  return site.ledger.running();
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** What the summary says before the time. */
function summary(stderr: string): string {
  return lastLine(stderr).replace(/ in [^ ]+ \w+$/, "");
}

Deno.test("a scheduler that is killed again and again loses nothing and doubles nothing", async () => {
  const chance = new Chance(newSeed("scheduler"));
  const jobs = Array.from({ length: 200 }, (_, i) => ({
    name: `job-${i}`,
    work: `sleep ${chance.between(0, 0.4).toFixed(3)}`,
    exitStatus: i % 20 === 0 ? 7 : 0,
  }));
  await withSite(TWO_AGENTS, async (site) => {
    await site.writeJobs(jobs);
    for (let kill = 1; kill <= 20; kill++) {
      const scheduler = site.schedule();
      // Half of them in the middle of the work, the others wherever they happen to be.
      if (kill % 2 === 0) await waitFor(() => site.ledger.read().size >= kill * 5, "jobs to start");
      await pause(chance.between(0, 600));
      scheduler.kill("SIGKILL");
      await scheduler.ended;
    }
    const { code, stderr } = await site.schedule().ended;
    assertEquals(code, 1, stderr);
    assertEquals(summary(stderr), "200 jobs: 190 finished, 10 failed, 0 lost, 0 killed");
    const results = site.readResults();
    assertAccounted(jobs, site.ledger, results);
    await site.assertNothingLeft();
    // Once more, there is nothing to do.
    const again = await site.schedule().ended;
    assertEquals(again.code, 1);
    assertEquals(summary(again.stderr), summary(stderr));
    assertEquals(site.readResults(), results);
  });
});

Deno.test("jobs go on without their scheduler, and the next one takes them over", async () => {
  await withSite({}, async (site) => {
    const jobs = [
      ...gatedJobs(site, "early", 2),
      ...gatedJobs(site, "late", 2),
      ...gatedJobs(site, "waiting", 3),
    ];
    await site.writeJobs(jobs);
    const first = site.schedule();
    const before = await running(site, 4);
    first.kill("SIGKILL");
    await first.ended;
    await site.open("early");
    await running(site, 2);
    // It might have been in the middle of a line, too.
    await Deno.writeTextFile(site.results, '{"jobID":1,"na', { create: true });
    const second = site.schedule();
    await site.open("waiting");
    await waitFor(() => site.reported() === 5, "five jobs to be reported");
    for (const [name, pid] of site.ledger.running()) {
      assertEquals([pid, isAlive(pid)], [before.get(name), true], name);
    }
    await site.open("late");
    assertEquals((await second.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

Deno.test("jobs that waited when their scheduler died have their user script with the next", async () => {
  await withSite({}, async (site) => {
    const { place } = site;
    await Deno.mkdir(place.at("script"));
    await Deno.writeTextFile(place.at("script", "work.sh"), site.gate("gate"));
    const jobs = Array.from({ length: 12 }, (_, i) => ({
      name: `job-${i}`,
      // Only what follows a script that is there comes to its end.
      work: 'sh "$TOIL_MESOS_USER_SCRIPT"/work.sh || exit 99',
    }));
    await site.writeJobs(jobs);
    const options = ["--user-script", place.at("script")];
    const first = site.schedule(options);
    const before = await running(site, 4);
    first.kill("SIGKILL");
    await first.ended;
    // The next one has room for them at once.
    await site.open("gate");
    await waitFor(() => ![...before.values()].some(isAlive), "the jobs to end");
    assertEquals((await site.schedule(options).ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

Deno.test("a second scheduler with the same state is refused, and harms nobody", async () => {
  await withSite({}, async (site) => {
    const jobs = gatedJobs(site, "gate", 1);
    await site.writeJobs(jobs);
    const first = site.schedule();
    await running(site, 1);
    const { code, stdout, stderr } = await site.schedule().ended;
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^toil-mesos: Cannot use .*: another scheduler is using it\n$/);
    await site.open("gate");
    assertEquals((await first.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

Deno.test("a scheduler that is stopped as a service leaves its jobs running", async () => {
  await withSite({}, async (site) => {
    const jobs = gatedJobs(site, "gate", 3);
    await site.writeJobs(jobs);
    const first = site.schedule();
    const before = await running(site, 3);
    first.kill("SIGTERM");
    const { code, stderr } = await first.ended;
    assertEquals(code, 130);
    assertMatch(stderr, /Detaching; 3 jobs keep running/);
    for (const pid of before.values()) assert(isAlive(pid));
    const second = site.schedule();
    await site.open("gate");
    assertEquals((await second.ended).code, 0);
    assertEquals(
      new Map([...site.ledger.read()].map(([name, { ends: [pid] }]) => [name, pid])),
      before as Map<string, number | undefined>,
    );
    assertAccounted(jobs, site.ledger, site.readResults());
  });
});

Deno.test("another file is refused while the jobs of the first are not done, and harms nobody", async () => {
  await withSite({}, async (site) => {
    const jobs = gatedJobs(site, "gate", 2);
    await site.writeJobs(jobs);
    const first = site.schedule();
    const before = await running(site, 2);
    first.kill("SIGTERM");
    await first.ended;
    const other = await site.place.jobs([{ command: "true" }], "other.jsonl");
    const results = site.place.at("other-results.jsonl");
    const earlier = '{"jobID":1,"name":"earlier","exitStatus":0,"exitReason":"FINISHED",' +
      '"wallTime":1,"node":"n","message":""}\n';
    await Deno.writeTextFile(results, earlier);
    const start = (state: string) =>
      site.place.run([
        ...["scheduler", "--endpoint", site.mesos.endpoint, "--jobs", other],
        ...["--results", results, "--state", state],
      ]);
    const { code, stderr } = await start(site.state);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /Cannot run .*other.jsonl with --state .*: it holds 2 unfinished jobs of another jobs file/,
    );
    assertEquals(await Deno.readTextFile(results), earlier);
    for (const pid of before.values()) assert(isAlive(pid));
    const second = site.schedule();
    await site.open("gate");
    assertEquals((await second.ended).code, 0);
    assertAccounted(jobs, site.ledger, site.readResults());
    // Once they are done, the directory is free for others.
    assertEquals((await start(site.state)).code, 0);
  });
});

Deno.test("a scheduler that a person interrupts ends its jobs; the next one runs them again", async () => {
  await withSite({}, async (site) => {
    await site.writeJobs([...gatedJobs(site, "gate", 3), { name: "short" }]);
    const first = site.schedule();
    const before = await running(site, 3);
    await waitFor(() => site.reported() === 1, "the short job to be reported");
    first.kill("SIGINT");
    const { code, stderr } = await first.ended;
    assertEquals(code, 130);
    assertEquals(summary(stderr), "4 jobs: 1 finished, 0 failed, 0 lost, 3 killed");
    for (const pid of before.values()) assert(!isAlive(pid));
    await site.assertNothingLeft();
    const state = await site.mesos.state();
    assertEquals([state?.frameworks.length, state?.completed_frameworks.length], [0, 1]);
    await site.open("gate");
    const { code: secondCode, stderr: secondStderr } = await site.schedule().ended;
    assertEquals(secondCode, 0);
    assertEquals(summary(secondStderr), "4 jobs: 4 finished, 0 failed, 0 lost, 0 killed");
    assertEquals(site.readResults().length, 4);
  });
});

Deno.test("a scheduler takes up the framework that it is told to, and ends what it does not know", async () => {
  await withSite({}, async (site) => {
    await site.writeJobs(gatedJobs(site, "never", 2));
    const first = site.schedule();
    const before = await running(site, 2);
    first.kill("SIGKILL");
    await first.ended;
    const [framework] = (await site.mesos.state())?.frameworks ?? [];
    assert(framework);
    await site.writeJobs([{ name: "new" }]);
    const place = site.place;
    const second = place.start([
      ...["scheduler", "--endpoint", site.mesos.endpoint, "--framework-id", framework.id],
      ...["--jobs", place.at("jobs.jsonl"), "--results", site.results],
    ]);
    assertEquals((await second.ended).code, 0);
    for (const pid of before.values()) assert(!isAlive(pid));
    const state = await site.mesos.state();
    assertEquals(state?.completed_frameworks.map(({ id }) => id), [framework.id]);
  });
});

Deno.test("what ran is lost when Mesos has given the framework up, and what waited runs", async () => {
  await withSite({}, async (site) => {
    const jobs = [...gatedJobs(site, "never", 4), { name: "waiting-0" }, { name: "waiting-1" }];
    await site.writeJobs(jobs);
    const options = ["--failover-timeout", "1s", "--kill-grace", "500ms"];
    const first = site.schedule(options);
    const before = await running(site, 4);
    first.kill("SIGKILL");
    await first.ended;
    await waitFor(
      async () => (await site.mesos.state())?.completed_frameworks.length === 1,
      "the framework to be removed",
    );
    // An executor whose scheduler is gone for good does not stay.
    await waitFor(() => [...before.values()].every((pid) => !isAlive(pid)), "the jobs to end");
    await waitFor(() => site.mesos.executors(0).length === 0, "the executor to end");
    const { code, stderr } = await site.schedule(options).ended;
    assertEquals(code, 1);
    assertEquals(summary(stderr), "6 jobs: 2 finished, 0 failed, 4 lost, 0 killed");
    assertAccounted(jobs, site.ledger, site.readResults());
    assertEquals((await site.mesos.state())?.completed_frameworks.length, 2);
  });
});

Deno.test("a scheduler that is gone for good leaves neither a process nor a directory", async () => {
  await withSite({}, async (site) => {
    const { place } = site;
    await Deno.mkdir(place.at("script"));
    await Deno.writeTextFile(place.at("script", "work.sh"), site.gate("never"));
    await Deno.mkdir(place.at("work"));
    const jobs = Array.from({ length: 2 }, (_, i) => ({
      name: `job-${i}`,
      work: "sh $TOIL_MESOS_USER_SCRIPT/work.sh",
    }));
    await site.writeJobs(jobs);
    const scheduler = site.schedule([
      ...["--failover-timeout", "1s", "--kill-grace", "500ms"],
      ...["--user-script", place.at("script"), "--work-dir", place.at("work")],
    ]);
    await running(site, 2);
    scheduler.kill("SIGKILL");
    await scheduler.ended;
    await site.assertNothingLeft();
    assertEquals([...Deno.readDirSync(place.at("work"))].map(({ name }) => name), []);
    const left = site.mesos.sandboxes(0).flatMap((path) =>
      [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
    );
    assertEquals(left.filter((name) => name !== "jobs"), []);
  });
});
