/**
 * A small cluster around a test.
 *
 * @module
 */

import type { ExecutorInfo, Offer } from "../mesos/messages.ts";
import {
  type AgentHandle,
  type ClusterHandle,
  type ClusterOptions,
  startCluster,
} from "./cluster.ts";
import { waitFor } from "../tests/wait_for.ts";
import { task } from "./testing.ts";
import { ask } from "./testing_client.ts";
import { TestExecutor } from "./testing_executor.ts";
import { TestScheduler, type TestSchedulerOptions } from "./testing_scheduler.ts";

/** What a small agent offers, and how long its executors may take to end. */
export const SMALL_AGENT = {
  ip: "127.0.0.1",
  resources: "cpus:2;mem:512;disk:100;ports:[1000-1009]",
  executorShutdownGracePeriodMs: 20,
};

/** A cluster of one agent, and a framework on it. */
export interface TestCluster {
  /** The cluster. */
  cluster: ClusterHandle;
  /** Its agent. */
  agent: AgentHandle;
  /** The framework. */
  scheduler: TestScheduler;
  /** All of the agent. */
  offer: Offer;
}

/** Options of {@linkcode withCluster}: those of the agent and of the framework are merged in. */
export interface TestClusterOptions extends Pick<ClusterOptions, "workDirectory" | "master"> {
  /** What differs from {@linkcode SMALL_AGENT}. */
  agent?: Partial<Extract<NonNullable<ClusterOptions["agent"]>, object>>;
  /** Of the framework. */
  scheduler?: TestSchedulerOptions;
}

/** Runs a test with a cluster, and ends all of it. */
export async function withCluster(
  { agent, scheduler: schedulerOptions, ...more }: TestClusterOptions,
  test: (cluster: TestCluster) => Promise<void>,
): Promise<void> {
  const cluster = await startCluster({ ...more, agent: { ...SMALL_AGENT, ...agent } });
  let scheduler: TestScheduler | undefined;
  try {
    scheduler = await TestScheduler.subscribe(cluster.master.url, schedulerOptions);
    const [offer] = await scheduler.offers();
    const [agent] = cluster.agents;
    if (!offer || !agent) throw new Error("Cannot begin: there is no offer");
    await test({ cluster, agent, scheduler, offer });
  } finally {
    await cluster.stop();
    await scheduler?.close();
  }
}

/** Launches a task and speaks for its executor, whose process only waits. */
export async function launchExecutor(
  { agent, scheduler, offer }: TestCluster,
  { taskId = "1", executor }: { taskId?: string; executor?: ExecutorInfo } = {},
): Promise<TestExecutor> {
  await scheduler.launch(offer, [task(taskId, offer, executor ? { executor } : {})]);
  return await TestExecutor.subscribe({
    agent: agent.url,
    frameworkId: scheduler.frameworkId,
    ...(executor ? { executorId: executor.executor_id.value } : {}),
  });
}

/** Waits until a file in the sandbox of an executor has a content; gives it. */
export async function readSandbox(
  { agent, scheduler }: TestCluster,
  name: string,
  executorId = "toil-1",
): Promise<string> {
  const url = new URL("/files/download", agent.url);
  const sandbox = `/frameworks/${scheduler.frameworkId}/executors/${executorId}/runs/latest`;
  url.searchParams.set("path", `${sandbox}/${name}`);
  return await waitFor(async () => {
    const { status, body } = await ask(url);
    return status === 200 ? body : undefined;
  }, `${name} in the sandbox`);
}
