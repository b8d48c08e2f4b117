/**
 * Batch systems for the suite: each started on a Mesos, with small demands, and gone without a trace
 * at the end of its test.
 *
 * @module
 */

import { userInfo } from "node:os";
import { assertEquals } from "@std/assert";
import { executorCommandInfo } from "../../setup/executor_command.ts";
import { parseMasters, StaticMasterDetector } from "../../mesos/detector/master_detector.ts";
import type { CommandInfo } from "../../mesos/wire/messages.ts";
import { authorization } from "../../mesos/http/credential.ts";
import { MasterAgents } from "../../mesos/master_agents.ts";
import { MesosSchedulerDriver } from "../../mesos/scheduler_driver.ts";
import { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { BatchSystemConfig } from "../../scheduler/batch_system_config.ts";
import type { BatchSystemEvent } from "../../scheduler/core/events.ts";
import type { BatchJobResult } from "../../scheduler/core/records.ts";
import type { JobRequirements } from "../../scheduler/core/requirements.ts";
import { MemoryStore } from "../../scheduler/store/memory_store.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { MEBIBYTE, parseDuration } from "../../support/units.ts";
import { WAIT_LIMIT_MS, waitFor } from "./wait_for.ts";
import type { Agent, Mesos } from "./mesos.ts";
import { SELF_COMMAND } from "./program.ts";
import { processesWith } from "./processes.ts";

/** What starts this checkout's executor. */
export const EXECUTOR_COMMAND: CommandInfo = executorCommandInfo({
  executorCommand: undefined,
  uri: undefined,
  selfCommand: SELF_COMMAND,
  environment: {},
});

/** For how long short jobs share a task: `TOIL_MESOS_TEST_BUNDLE=0` has each of them alone. */
const BUNDLE_MS = parseDuration(Deno.env.get("TOIL_MESOS_TEST_BUNDLE") ?? "1s");

/** What an executor itself needs. */
export const EXECUTOR_MEMORY_BYTES: number = 128 * MEBIBYTE;

/** Demands that many jobs at a time can have on any node. */
export function small(rest: Partial<JobRequirements> = {}): JobRequirements {
  return {
    jobName: "job",
    cores: 0.1,
    memory: 32 * MEBIBYTE,
    disk: MEBIBYTE,
    preemptible: false,
    accelerators: [],
    ...rest,
  };
}

/** What of a configuration a test may want otherwise. */
export interface TestConfig
  extends Partial<Omit<BatchSystemConfig, "framework" | "settings" | "temporaryDirectory">> {
  /** The same for its settings. */
  settings?: Partial<BatchSystemConfig["settings"]>;
  /** The time. */
  now?: () => number;
}

/** The configuration of a batch system of the tests. */
export function toConfig(
  directory: string,
  { settings, ...rest }: Omit<TestConfig, "now">,
): BatchSystemConfig {
  return {
    framework: {
      name: "toil-mesos conformance",
      user: userInfo().username,
      roles: [],
      principal: undefined,
      hostname: "127.0.0.1",
      failoverTimeoutMs: 60_000,
    },
    settings: {
      executorCommand: EXECUTOR_COMMAND,
      executorQuantities: {
        cpusMilli: 10,
        memoryBytes: EXECUTOR_MEMORY_BYTES,
        diskBytes: 0,
        gpus: 0,
      },
      executorShutdownGraceMs: 10_000,
      bundleMs: BUNDLE_MS,
      killGraceMs: 1_000,
      unreachableTimeoutMs: 600_000,
      isRestored: false,
      mesosIsTemporary: false,
      maxLocalJobs: 2,
      localNode: "leader",
      ...settings,
    },
    limits: { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity },
    registrationTimeoutMs: WAIT_LIMIT_MS,
    frameworkId: undefined,
    batchLogsDir: undefined,
    noStdOutErr: false,
    workDir: undefined,
    cleanWorkDir: "always",
    localEnvironment: {},
    temporaryDirectory: directory,
    ...rest,
  };
}

/** Where a Mesos is, and how to get in. */
type MesosAddress = Pick<Mesos, "endpoint"> & Partial<Pick<Mesos, "credential">>;

/** A batch system that is started, and that leaves nothing behind. */
export class TestBatchSystem extends MesosBatchSystem {
  /** A directory that jobs can write to; removed at the end. */
  readonly directory: string;
  /** All that it has told so far. */
  readonly events: BatchSystemEvent[] = [];

  readonly #masterAgents: MasterAgents;

  private constructor(
    config: BatchSystemConfig,
    { endpoint, credential, now }: MesosAddress & { readonly now: () => number },
  ) {
    const masterAgents = new MasterAgents({ headers: authorization(credential) });
    super(config, {
      listAgents: (master) => masterAgents.list(master),
      store: new MemoryStore(),
      now,
      createDriver: (scheduler, frameworkInfo) =>
        new MesosSchedulerDriver(scheduler, {
          detector: new StaticMasterDetector(parseMasters(endpoint)),
          frameworkInfo,
          credential,
        }),
    });
    this.#masterAgents = masterAgents;
    this.directory = config.temporaryDirectory;
    this.messageBus.subscribe((event) => this.events.push(event));
  }

  /** Starts one. */
  static async start(
    mesos: MesosAddress,
    { now = SYSTEM_CLOCK.now, ...config }: TestConfig = {},
  ): Promise<TestBatchSystem> {
    const directory = await Deno.makeTempDir({ prefix: "toil-mesos-conformance-" });
    const batchSystem = new TestBatchSystem(toConfig(directory, config), {
      endpoint: mesos.endpoint,
      credential: mesos.credential,
      now,
    });
    try {
      await batchSystem.start();
    } catch (error) {
      await batchSystem[Symbol.asyncDispose]();
      throw error;
    }
    return batchSystem;
  }

  /** The id that Mesos has given it. */
  get frameworkId(): string {
    for (const event of this.events) if (event.type === "REGISTERED") return event.frameworkId;
    return "";
  }

  /** A path in the directory that jobs can write to. */
  at(name: string): string {
    return `${this.directory}/${name}`;
  }

  /** Issues a job with small demands. */
  issue(command: string, rest: Partial<JobRequirements> = {}): Promise<number> {
    return this.issueBatchJob(command, small(rest));
  }

  /** The next job that has ended. */
  async nextResult(): Promise<BatchJobResult> {
    const [result] = await this.takeResults({ limit: 1, maxWaitMs: WAIT_LIMIT_MS });
    if (!result) throw new Error("No job has ended");
    await this.acknowledgeResults([result.jobID]);
    return result;
  }

  /** The next jobs that have ended, by id. */
  async nextResults(count: number): Promise<Map<number, BatchJobResult>> {
    const results = new Map<number, BatchJobResult>();
    for (let taken = 0; taken < count; taken++) {
      const result = await this.nextResult();
      results.set(result.jobID, result);
    }
    assertEquals(results.size, count, "no job is reported twice");
    return results;
  }

  /** Runs a job with small demands, alone. */
  async run(command: string, rest: Partial<JobRequirements> = {}): Promise<BatchJobResult> {
    const jobID = await this.issue(command, rest);
    const result = await this.nextResult();
    assertEquals(result.jobID, jobID);
    return result;
  }

  /** Waits until the commands of these jobs run. */
  async running(...jobIDs: number[]): Promise<void> {
    const areRunning = () => jobIDs.every((jobID) => this.getRunningBatchJobIDs().has(jobID));
    await waitFor(areRunning, `jobs ${jobIDs} to run`);
  }

  /** The processes of its executors and their jobs, or of one job. */
  processes(jobID?: number): number[] {
    return processesWith({
      MESOS_FRAMEWORK_ID: this.frameworkId,
      ...(jobID === undefined ? {} : { TOIL_MESOS_JOB_ID: String(jobID) }),
    });
  }

  /** Waits until each of these agents has been offered, and what was not used was refused. */
  async met(agents: readonly Agent[]): Promise<void> {
    const seen = () =>
      new Set(this.events.flatMap((event) => event.type === "NODE_SEEN" ? [event.agentId] : []));
    await waitFor(() => agents.every(({ id }) => seen().has(id)), "offers of all agents");
  }

  /** Waits until a job has written a file; gives what is in it. */
  async written(name: string): Promise<string> {
    const read = () => Deno.readTextFile(this.at(name)).catch(() => undefined);
    return await waitFor(read, `${name} to be written`);
  }

  /** Shuts down, and makes sure that nothing of the framework is left. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
    await this.#masterAgents[Symbol.asyncDispose]();
    await waitFor(() => this.processes().length === 0, "the end of the framework's processes");
    await Deno.remove(this.directory, { recursive: true });
  }
}
