import { assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type CpuProfile, flameGraph } from "./flame_graph.ts";

const OPTIONS = { title: "a < b", root: "file:///project/" };

function node(id: number, functionName: string, url: string, children: number[] = []) {
  return { id, callFrame: { functionName, url }, children };
}

const PROFILE: CpuProfile = {
  nodes: [
    node(1, "(root)", "", [2, 3, 6, 7, 9]),
    node(2, "(idle)", ""),
    node(3, "step", "file:///project/core/step.ts", [4, 5]),
    // One stack, in two nodes.
    node(4, "encode", "file:///cache/npm/registry.example/codec/1.0.0/index.js"),
    node(5, "encode", "file:///cache/npm/registry.example/codec/1.0.0/index.js"),
    node(6, "rare", "ext:core/01_core.js", [8]),
    node(7, "(garbage collector)", ""),
    node(8, "op_rare", ""),
    node(9, "require", "node:module", [10]),
    node(10, "(anonymous)", "file:///project/loaded.ts"),
  ],
  samples: [2, 3, 4, 5, 7, 6, 10],
  timeDeltas: [9_000, 400, 100, 200, 198, 2, 100],
};

/** Frames by their titles, with x and width. */
function framesOf(svg: string): Record<string, [number, number]> {
  const found = svg.matchAll(/<g><title>(.*?)<\/title><rect x="([\d.]+)" [^>]*width="([\d.]+)"/g);
  return Object.fromEntries(
    [...found].map(([, title = "", x, width]) => [title, [Number(x), Number(width)]]),
  );
}

Deno.test("flameGraph() merges stacks, and leaves out idle time, rare frames and nested modules", () => {
  assertEquals(Object.keys(framesOf(flameGraph(PROFILE, OPTIONS))), [
    "(root) 100.0%",
    "step core/step.ts 70.0%",
    "encode npm:codec/1.0.0/index.js 30.0%",
    "(garbage collector) 19.8%",
    "require node:module 10.0%",
  ]);
});

Deno.test("flameGraph() gives a frame the width of its own time and that of its callees", () => {
  const frames = Object.values(framesOf(flameGraph(PROFILE, OPTIONS)));
  const [root = [NaN, NaN], step = [NaN, NaN], encode = [NaN, NaN], gc = [NaN, NaN]] = frames;
  assertAlmostEquals(step[1] / root[1], 0.7, 0.001);
  assertAlmostEquals(encode[1] / root[1], 0.3, 0.001);
  assertEquals([root[0], step[0], encode[0]], [12, 12, 12]);
  assertAlmostEquals(gc[0], step[0] + 0.7 * 936, 0.1);
});

Deno.test("flameGraph() is an image without scripts, addresses and paths of the machine", () => {
  const svg = flameGraph(PROFILE, OPTIONS);
  assertStringIncludes(svg, "a &lt; b");
  assertEquals(/<script|file:|registry|NaN/.exec(svg), null);
});

Deno.test("flameGraph() throws a RangeError for a profile without samples", () => {
  const profile = { ...PROFILE, samples: [2], timeDeltas: [1_000] };
  assertThrows(() => flameGraph(profile, OPTIONS), RangeError, "it has no samples");
});
