/**
 * A CPU profile of V8 as a flame graph: callers below, callees above; the width of a frame is its
 * share of the time. Pure.
 *
 * @module
 */

import { escaped, round, svg, text } from "./svg.ts";

const WIDTH = 960;
const MARGIN = 12;
const TOP = 64;
const ROW = 17;
/** A frame with a smaller share of the time is left out, and so are its callees. */
const MIN_SHARE = 0.005;
const FONT_SIZE = 11;
const CHARACTER_WIDTH = 6.8;
const MIN_CHARACTERS = 3;
/** Code that libraries make from text: codecs and checks. */
const GENERATED = "(generated code)";

/** By the kind of code; all of them carry dark text, on a light page and on a dark one. */
const COLORS = {
  "this project": "#8ec1f0",
  libraries: "#f4bd7b",
  "Deno's JavaScript": "#96d6b8",
  "native code": "#cbd2da",
  "garbage collector": "#ecaccb",
} as const;

/** The parts of a `.cpuprofile` that a flame graph needs. */
export interface CpuProfile {
  /** The first one is the root. */
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** The node of each sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** All calls of a function from the same stack. */
interface Frame {
  readonly name: string;
  readonly file: string;
  /** Microseconds in it and its callees. */
  us: number;
  readonly callees: Map<string, Frame>;
}

interface PlacedFrame extends Frame {
  readonly x: number;
  readonly width: number;
  readonly level: number;
}

/**
 * Draws a profile without its idle time.
 *
 * @param options.root The URL of the directory that files are named relative to, with its slash.
 */
export function flameGraph(
  profile: CpuProfile,
  { title, root }: { title: string; root: string },
): string {
  const base = merge(profile, root);
  const frames = [...place(base, { x: MARGIN, level: 0, perUs: (WIDTH - 2 * MARGIN) / base.us })];
  const levels = 1 + Math.max(...frames.map(({ level }) => level));
  const drawn = frames.map((frame) => {
    const y = TOP + (levels - 1 - frame.level) * ROW;
    const share = `${(100 * frame.us / base.us).toFixed(1)}%`;
    const name = [frame.name, frame.file].join(" ").trim();
    const label = fitting([name, frame.name], Math.floor((frame.width - 6) / CHARACTER_WIDTH));
    return [
      `<g><title>${escaped(`${name} ${share}`)}</title>`,
      `<rect x="${round(frame.x)}" y="${y}" width="${round(Math.max(1, frame.width - 0.7))}" ` +
      `height="${ROW - 1}" fill="${COLORS[kindOf(frame)]}"/>`,
      label && text({ x: frame.x + 3, y: y + 12 }, label),
      "</g>",
    ].join("");
  });
  return svg({ title, width: WIDTH, height: TOP + levels * ROW + MARGIN }, [
    `<style>.frames text { fill: #1f2328; font-size: ${FONT_SIZE}px }</style>`,
    ...Object.entries(COLORS).flatMap(([kind, color], index) => {
      const x = MARGIN + index * (WIDTH - 2 * MARGIN) / Object.keys(COLORS).length;
      return [
        `<rect x="${round(x)}" y="38" width="14" height="12" fill="${color}"/>`,
        text({ x: x + 20, y: 48 }, kind),
      ];
    }),
    '<g class="frames">',
    ...drawn,
    "</g>",
  ]);
}

/** The frame of V8's root, with all others above it. */
function merge({ nodes, samples, timeDeltas }: CpuProfile, root: string): Frame {
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const ownUs = new Map<number, number>();
  // A system call holds a sample up until its end: the time before a sample is the sample's.
  samples.forEach((id, index) => ownUs.set(id, (ownUs.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  const add = (id: number, siblings: Map<string, Frame>): number => {
    const node = nodeOf.get(id);
    if (!node || node.callFrame.functionName === "(idle)") return 0;
    const { functionName, url } = node.callFrame;
    const name = functionName || (url ? "(anonymous)" : GENERATED);
    const file = fileOf(url, root);
    const key = `${name} ${file}`;
    const frame = siblings.get(key) ?? { name, file, us: 0, callees: new Map() };
    siblings.set(key, frame);
    let us = ownUs.get(id) ?? 0;
    // Modules that load each other would be a tower: the first one stands for all.
    const callees = url === "node:module" ? new Map() : frame.callees;
    for (const child of node.children ?? []) us += add(child, callees);
    frame.us += us;
    return us;
  };
  const bases = new Map<string, Frame>();
  if (nodes[0]) add(nodes[0].id, bases);
  const [base] = bases.values();
  if (!base?.us) throw new RangeError("Cannot draw the profile: it has no samples");
  return base;
}

/** A frame and its callees, the longest ones first. */
function* place(
  frame: Frame,
  { x, level, perUs }: { x: number; level: number; perUs: number },
  minUs: number = MIN_SHARE * frame.us,
): Generator<PlacedFrame> {
  yield { ...frame, x, level, width: frame.us * perUs };
  let left = x;
  for (const callee of [...frame.callees.values()].sort((a, b) => b.us - a.us)) {
    if (callee.us < minUs) return;
    yield* place(callee, { x: left, level: level + 1, perUs }, minUs);
    left += callee.us * perUs;
  }
}

/** Where a file is, without the directories of the machine. */
function fileOf(url: string, root: string): string {
  if (url.startsWith(root)) return url.slice(root.length);
  const [, inPackage] = /^file:.*\/npm\/[^/]+\/(.*)$/.exec(url) ?? [];
  if (inPackage !== undefined) return `npm:${inPackage}`;
  return url.replace(/^file:.*\//, "");
}

function kindOf({ name, file }: Frame): keyof typeof COLORS {
  if (name === "(garbage collector)") return "garbage collector";
  if (name === GENERATED) return "libraries";
  if (file === "") return "native code";
  if (/^(ext|node):/.test(file)) return "Deno's JavaScript";
  return file.startsWith("npm:") ? "libraries" : "this project";
}

/** The first name that fits, or as much of the last one as does. */
function fitting(names: readonly string[], characters: number): string {
  if (characters < MIN_CHARACTERS) return "";
  return names.find(({ length }) => length <= characters) ??
    `${names.at(-1)?.slice(0, characters - 1)}…`;
}
