import { assertEquals, assertMatch } from "@std/assert";
import type { PlantedBug } from "./sim_scheduler.ts";
import { simulate } from "./simulation.ts";

/** Few enough for every run of the tests; `deno task sim --seeds N` runs as many as one likes. */
const SEEDS = 300;

Deno.test(`in ${SEEDS} simulated lives nothing is lost, doubled, over-committed or left behind`, () => {
  const totals = { jobs: 0, ended: 0, faults: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { jobs, finished, lost, killed, unlaunched, faults } = simulate(seed);
    totals.jobs += jobs;
    totals.ended += finished + lost + killed + unlaunched;
    for (const count of Object.values(faults)) totals.faults += count;
  }
  assertEquals(totals.ended, totals.jobs);
  assertEquals(totals.faults > 10_000, true, `only ${totals.faults} faults`);
});

Deno.test("simulate() tells the same story for the same seed", () => {
  const stories = [1, 2].map(() => {
    const lines: string[] = [];
    simulate(7, { log: (line) => lines.push(line) });
    return lines;
  });
  assertEquals(stories[0], stories[1]);
  assertEquals((stories[0]?.length ?? 0) > 5, true);
});

const BUGS: readonly PlantedBug[] = [
  "acts before it commits",
  "forgets to reconcile",
  "reports what is told",
  "takes a refused launch for a proof",
];

for (const bug of BUGS) {
  Deno.test(`simulate() finds out a scheduler that ${bug}, and says how to replay it`, () => {
    let found = "";
    for (let seed = 1; seed <= SEEDS && found === ""; seed++) {
      try {
        simulate(seed, { bug });
      } catch (error) {
        found = (error as Error).message;
      }
    }
    assertMatch(found, /^seed \d+: .*; replay: deno task sim --seed \d+$/);
  });
}
