import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { barPlot, linePlot } from "./svg.ts";

Deno.test("barPlot() draws bars in proportion, and escapes their names", () => {
  const plot = barPlot({
    title: "a < b",
    unit: "jobs/s",
    bars: [{ name: "one & all", value: 100 }, { name: "half", value: 50 }],
  });
  const widths = [...plot.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width)
  );
  assertEquals(widths.length, 2);
  assertEquals(widths[0], 2 * (widths[1] ?? NaN));
  assertStringIncludes(plot, "one &amp; all");
  assertStringIncludes(plot, "a &lt; b");
  assertStringIncludes(plot, "100 jobs/s");
});

Deno.test("linePlot() has a point for each value, and ticks at powers of ten", () => {
  const plot = linePlot({
    title: "t",
    series: [{ name: "n", unit: "ms", over: "jobs", points: [[1_000, 1], [1_000_000, 30]] }],
  });
  assertEquals(plot.match(/<circle/g)?.length, 2);
  for (const tick of ["10³", "10⁶", "100"]) assertStringIncludes(plot, tick);
  assert(!plot.includes("NaN"));
});
