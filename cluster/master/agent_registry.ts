/**
 * The registry of agents on disk, with which the next master distinguishes an agent that has not
 * re-registered yet from one that never existed.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { encodeJson } from "../protocol/json.ts";
import { agentInfo, readJson } from "../protocol/agent_protocol.ts";
import { readFileIfPresent, writeFileAtomically } from "../files.ts";
import type { Registry } from "./core/master_effects.ts";

const FILE_NAME = "registry.json";

const registry: z.ZodType<Registry> = z.object({
  agents: z.array(agentInfo),
  unreachable: z.record(z.string(), z.number()),
});

const EMPTY: Registry = { agents: [], unreachable: {} };

/** The registry that the last master in this directory wrote; empty if there was none. */
export function readRegistry(workDirectory: string | undefined): Registry {
  if (workDirectory === undefined) return EMPTY;
  const content = readFileIfPresent(join(workDirectory, FILE_NAME));
  if (!content) return EMPTY;
  try {
    return readJson(content, registry);
  } catch (error) {
    throw new Error(`Cannot read the registry in ${workDirectory}: it is damaged`, {
      cause: error,
    });
  }
}

/** Writes the registry atomically; does nothing without a directory. */
export function writeRegistry(workDirectory: string | undefined, registry: Registry): void {
  if (workDirectory === undefined) return;
  Deno.mkdirSync(workDirectory, { recursive: true });
  writeFileAtomically(join(workDirectory, FILE_NAME), encodeJson(registry));
}
