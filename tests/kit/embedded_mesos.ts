/**
 * The embedded cluster as a process of its own, for suites that want a Mesos and must not see its
 * insides. Says where the master is and how to get in, and runs until its standard input ends.
 *
 * @module
 */

import { startCluster } from "../../cluster/cluster.ts";
import { publishSecret } from "../../setup/cluster_secret.ts";

/** Whether each agent can be taken away. */
const PREEMPTIBLE = [false, false, true];

const sockets = await Deno.makeTempDir();
const cluster = await startCluster({
  agents: PREEMPTIBLE.length,
  agent: (index) => ({
    hostname: `node-${index + 1}`,
    // Executors of every other agent speak to it through a Unix socket.
    ...(index % 2 === 1 && { domainSocket: `${sockets}/agent-${index + 1}` }),
    resources: "cpus:2;mem:2048;disk:10000",
    attributes: `preemptible:${PREEMPTIBLE[index]}`,
  }),
});
const { address, credential } = cluster;
// For the program, which is not told the credential.
const published = publishSecret(Number(cluster.master.url.port), credential.secret, {
  environment: Deno.env.toObject(),
});
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ address, credential })}\n`));
for await (const _ of Deno.stdin.readable);
published[Symbol.dispose]();
await cluster.stop();
await Deno.remove(sockets, { recursive: true });
