/**
 * What the guides build on: an embedded cluster with two agents, and a scheduler on it.
 *
 * @module
 */

import type { Running } from "../kit/workplace.ts";
import { waitFor } from "../kit/wait_for.ts";
import type { GuideShell } from "./guide.ts";

/** Runs a test beside a scheduler that the commands of the shell find. */
export async function withEmbeddedScheduler(
  shell: GuideShell,
  test: (scheduler: Running) => Promise<void>,
  schedulerOptions = "",
): Promise<void> {
  const cluster = shell.start(
    "exec toil-mesos cluster --port 0 --agents 2 --resources 'cpus:2;mem:4096;disk:20000'",
  );
  const [, endpoint] = await waitFor(
    () => /Mesos is at (\S+) with 2 agents/.exec(cluster.stdout + cluster.stderr),
    "a cluster",
  );
  const scheduler = shell.start(
    `exec toil-mesos scheduler --endpoint ${endpoint} ${schedulerOptions}`,
  );
  try {
    await scheduler.registered();
    await test(scheduler);
  } finally {
    scheduler.kill("SIGINT");
    await scheduler.ended;
    cluster.kill("SIGINT");
    await cluster.ended;
  }
}
