/**
 * An embedded Mesos in a process of its own, so that its CPU time is measured apart from that of a
 * scheduler. Says where it is on standard output, and runs until its standard input ends.
 *
 * @module
 */

import { startCluster } from "../../cluster/cluster.ts";

const [agents = "1", resources = "cpus:1"] = Deno.args;
const cluster = await startCluster({ agents: Number(agents), agent: { resources } });
const { address, credential } = cluster;
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ address, credential })}\n`));
for await (const _ of Deno.stdin.readable);
await cluster.stop();
