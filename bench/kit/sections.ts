/**
 * The sections by name, in the order in which they run. Each runs in a process of its own: what one
 * has compiled, collected or left in the heap does not affect the next.
 *
 * @module
 */

import { agentsSection } from "../sections/agents.ts";
import { binarySection } from "../sections/binary.ts";
import { executorSection } from "../sections/executor.ts";
import { latencySection } from "../sections/latency.ts";
import { scaleSection } from "../sections/scale.ts";
import { throughputSection } from "../sections/throughput.ts";
import { userScriptSection } from "../sections/user_script.ts";
import { wireSection } from "../sections/wire.ts";
import type { Section } from "./figure.ts";

/** By what the command line calls them. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  throughput: throughputSection,
  latency: latencySection,
  scale: scaleSection,
  agents: agentsSection,
  wire: wireSection,
  executor: executorSection,
  binary: binarySection,
  script: userScriptSection,
};

/** Those that want the program compiled. */
export const COMPILED_SECTIONS: readonly string[] = ["executor", "binary"];

/** The short form, which is not part of a full run. */
export const GUARD = "guard";
