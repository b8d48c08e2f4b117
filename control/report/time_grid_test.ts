import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Level, MAX_BINS, Tally, TimeGrid } from "./time_grid.ts";

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

Deno.test("Level has the mean of each bin, of the last one so far", () => {
  const grid = new TimeGrid(1_000);
  const level = new Level(grid);
  level.add(2, 1_000);
  level.add(2, 1_150);
  level.add(-4, 1_220);
  assertEquals(level.values(1_250), [2, 3, 4 * 20 / 50]);
  assertEquals(level.level, 0);
});

Deno.test("Tally counts in bins, which double as the run grows", () => {
  const grid = new TimeGrid(0);
  const tally = new Tally(grid);
  for (const ms of [0, 50, 100, 250]) tally.add(ms);
  assertEquals(tally.values(250), [2, 1, 1]);
  tally.add(100 * MAX_BINS);
  assertEquals(grid.binMs, 200);
  assertEquals(tally.values(100 * MAX_BINS).slice(0, 2), [3, 1]);
});

Deno.test("no run is too long, and no folding loses anything", () => {
  const steps = fc.array(
    fc.record({ ms: fc.integer({ min: 0, max: 10 ** 7 }), change: fc.integer({ min: 0, max: 9 }) }),
    { minLength: 1, maxLength: 50 },
  );
  fc.assert(fc.property(steps, (given) => {
    const grid = new TimeGrid(0);
    const level = new Level(grid);
    const tally = new Tally(grid);
    let [nowMs, now, area] = [0, 0, 0];
    for (const { ms, change } of given) {
      nowMs += ms;
      area += now * ms;
      now += change;
      level.add(change, nowMs);
      tally.add(nowMs);
    }
    const values = level.values(nowMs);
    const widths = values.map((_, i) =>
      i < values.length - 1 ? grid.binMs : Math.max(1, nowMs - i * grid.binMs)
    );
    assertAlmostEquals(
      sum(values.map((value, i) => value * (widths[i] ?? 0))),
      area,
      1e-3 + area / 1e9,
    );
    assertEquals(sum(tally.values(nowMs)), given.length);
    assertEquals(values.length <= MAX_BINS, true);
  }));
});
