/**
 * An embedded Mesos whose agents come and go as its standard input says, for the tests of Toil's
 * autoscaler:
 *
 * ```text
 * start 127.0.0.2 cpus:1;mem:512   ->  started 127.0.0.2
 * stop 127.0.0.2                   ->  stopped 127.0.0.2
 * ```
 *
 * The argument is a directory for everything that it keeps; the secret of schedulers is in the file
 * `secret` there. The first line of the output is the address of the master.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { type AgentHandle, startAgent, startCluster } from "../../cluster/mod.ts";

const [directory] = Deno.args;
if (directory === undefined) throw new Error("Cannot start a cluster: no directory is given");

const { address, credential, master, stop } = await startCluster({ agents: 0 });
Deno.writeTextFileSync(join(directory, "secret"), credential.secret, { mode: 0o600 });
say(address);

const agents = new Map<string, AgentHandle>();
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ip = "", resources = ""] = line.split(" ");
  if (verb === "start") {
    const agent = startAgent({
      ip,
      resources,
      credential,
      executorSecret: credential.secret,
      master: master.url,
      workDirectory: Deno.makeTempDirSync({ dir: directory, prefix: "agent-" }),
      keepsCheckpoints: false,
    });
    agents.set(ip, agent);
    await agent.registered;
    say(`started ${ip}`);
  } else {
    await agents.get(ip)?.stop();
    agents.delete(ip);
    say(`stopped ${ip}`);
  }
}
await Promise.all([...agents.values()].map((agent) => agent.stop()));
await stop();

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
