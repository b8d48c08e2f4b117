/**
 * Runs one section in this process, and writes what it has measured as JSON.
 *
 * @module
 */

import { GUARD, SECTIONS } from "./kit/sections.ts";
import { guardSection } from "./sections/guard.ts";

const [name = ""] = Deno.args;
const section = name === GUARD ? guardSection : SECTIONS[name];
if (!section) throw new Error(`Cannot run ${name}: no such section`);
const start = performance.now();
const result = await section.run();
const seconds = (performance.now() - start) / 1000;
await Deno.stdout.write(
  new TextEncoder().encode(JSON.stringify({ title: section.title, seconds, ...result })),
);
