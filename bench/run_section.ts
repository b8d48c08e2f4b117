/**
 * Runs one section in this process, and writes what it has measured as JSON.
 *
 * @module
 */

import { SECTIONS } from "./kit/sections.ts";

const section = SECTIONS[Deno.args[0] ?? ""];
if (!section) throw new Error(`Cannot run ${Deno.args[0]}: no such section`);
const start = performance.now();
const result = await section.run();
const seconds = (performance.now() - start) / 1000;
await Deno.stdout.write(
  new TextEncoder().encode(JSON.stringify({ title: section.title, seconds, ...result })),
);
