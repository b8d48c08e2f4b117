import { assertEquals, assertStringIncludes } from "@std/assert";
import { compare, formatComparisons, hasFailed } from "./comparison.ts";

const verdicts = (now: number) => compare([{ a: now }], { a: 10 }).map(({ verdict }) => verdict);

Deno.test("compare() warns of a worse ratio, and fails below half of the recorded one", () => {
  assertEquals(verdicts(20), ["ok"]);
  assertEquals(verdicts(8), ["ok"]);
  assertEquals(verdicts(7.9), ["warning"]);
  assertEquals(verdicts(5), ["warning"]);
  assertEquals(verdicts(4.9), ["failed"]);
  assertEquals(verdicts(NaN), ["failed"]);
});

Deno.test("compare() takes the best of several measurements, each for itself", () => {
  const comparisons = compare([{ a: 1, b: 10 }, { a: 10, b: 1 }], { a: 10, b: 10 });
  assertEquals(comparisons.map(({ now }) => now), [10, 10]);
  assertEquals(hasFailed(comparisons), false);
  assertEquals(hasFailed(compare([{ a: 1 }], { a: 10 })), true);
});

Deno.test("compare() lets a ratio pass that was never recorded", () => {
  const comparisons = compare([{ a: 1 }], {});
  assertEquals(comparisons[0]?.verdict, "new");
  assertEquals(hasFailed(comparisons), false);
});

Deno.test("formatComparisons() shows both ratios and the verdict", () => {
  const text = formatComparisons(compare([{ speed: 3 }], { speed: 10 }));
  assertStringIncludes(text, "speed");
  assertStringIncludes(text, "of 10");
  assertStringIncludes(text, "30 %  FAILED");
});
