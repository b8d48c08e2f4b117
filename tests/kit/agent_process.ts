/**
 * An agent of the embedded Mesos as a process of its own, with the options that it is given as JSON.
 *
 * @module
 */

import { startAgent } from "../../cluster/agent/agent_server.ts";

const { master, ...options } = JSON.parse(Deno.args[0] ?? "{}");
startAgent({ ...options, master: new URL(master) });
