/**
 * Tests of both ways to start a command. Only for tests.
 *
 * @module
 */

import { assert } from "@std/assert";
import { DirectStarter } from "./direct_starter.ts";
import { type CommandStarter, LAUNCHER_STARTER } from "./shell_command.ts";

/** A way to start a command. */
export type StartMethod = "directly" | "with a launcher";

/** Opens the starter of a way. */
export function starterOf(method: StartMethod): CommandStarter {
  if (method === "with a launcher") return LAUNCHER_STARTER;
  const starter = DirectStarter.open();
  assert(starter);
  return starter;
}

/** Registers a test for both ways. */
export function testBothWays(name: string, test: (how: StartMethod) => Promise<void>): void {
  for (const how of ["directly", "with a launcher"] as const) {
    Deno.test(`${name}; started ${how}`, () => test(how));
  }
}
