import { assertEquals, assertMatch } from "@std/assert";
import type { PlantedBug } from "./planted_bugs.ts";
import { simulate } from "./simulation.ts";

/** Few enough for every run of the tests: `.ci/run` has 2,000 by `deno task sim --seeds 2000`. */
const SEEDS = 50;

/** The last seed by which a planted bug must be found. */
const MAX_BUG_SEED = 150;

Deno.test(`in ${SEEDS} simulated lives nothing is lost, doubled, over-committed or left behind`, async () => {
  const totals = { jobs: 0, ended: 0, faults: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { jobs, finished, lost, killed, unlaunched, faults } = await simulate(seed);
    totals.jobs += jobs;
    totals.ended += finished + lost + killed + unlaunched;
    for (const count of Object.values(faults)) totals.faults += count;
  }
  assertEquals(totals.ended, totals.jobs);
  assertEquals(totals.faults > 1_700, true, `only ${totals.faults} faults`);
});

Deno.test("simulate() tells the same story for the same seed", async () => {
  const stories = await Promise.all([1, 2].map(async () => {
    const lines: string[] = [];
    await simulate(7, { log: (line) => lines.push(line) });
    return lines;
  }));
  assertEquals(stories[0], stories[1]);
  assertEquals((stories[0]?.length ?? 0) > 5, true);
});

const BUGS: readonly PlantedBug[] = [
  "acts before it commits",
  "forgets to reconcile",
  "reports what is told",
  "takes a refused launch for a proof",
  "forgets which nodes are ignored",
  "launches before it has the user script",
  "believes that a teardown was done",
  "forgets how often a job was run",
  "trusts a store that has gone back",
  "drops an end when it gathers reports",
  "forgets who shares a task",
];

for (const bug of BUGS) {
  Deno.test(`simulate() finds out a scheduler that ${bug}, and says how to replay it`, async () => {
    let found = "";
    for (let seed = 1; seed <= MAX_BUG_SEED && found === ""; seed++) {
      try {
        await simulate(seed, { bug });
      } catch (error) {
        found = (error as Error).message;
      }
    }
    assertMatch(found, /^seed \d+: .*; replay: deno task sim --seed \d+$/);
  });
}
