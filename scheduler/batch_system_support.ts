/**
 * What every batch system of Toil's kind offers beside running jobs: limits, environment, the names
 * of output files, the message bus.
 *
 * @see toil.batchSystems.abstractBatchSystem.BatchSystemSupport
 * @module
 */

import type { JobId } from "../job/job_id.ts";
import { variableProblem } from "../job/job_variables.ts";
import type { WorkerCleanupInfo } from "../job/task_data.ts";
import { workerCleanup } from "../job/worker_cleanup.ts";
import type { TaskId } from "../mesos/ids.ts";
import { readText } from "../support/read_text.ts";
import type { BatchSystemConfig } from "./batch_system_config.ts";
import {
  addOptions,
  getDefaultMesosEndpoint,
  type OptionParser,
  type OptionSetter,
  setOptions,
} from "./mesos_options.ts";
import { MessageBus } from "./message_bus.ts";
import { checkResourceRequest, type JobRequirements } from "./core/requirements.ts";
import { formatStdOutErrGlob, formatStdOutErrPath, type StdStream } from "./std_out_err.ts";

/** The part of a batch system that does not depend on where jobs run. */
export class BatchSystemSupport {
  readonly #config: BatchSystemConfig;
  #workflowID = "";
  #environment: Readonly<Record<string, string>> = Object.freeze({});
  #bus = new MessageBus();

  /**
   * A batch system for a workflow.
   *
   * @param config What the user decided.
   */
  constructor(config: BatchSystemConfig) {
    this.#config = config;
  }

  /** Names the workflow, in the files and directories of its jobs. */
  protected set workflowID(workflowID: string) {
    this.#workflowID = workflowID;
  }

  /** This host's address and Mesos' port: where users who name no Mesos have one. */
  static getDefaultMesosEndpoint(): string {
    return getDefaultMesosEndpoint();
  }

  /**
   * Adds the options of this batch system to a parser.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { MesosBatchSystem } from "@toil/mesos";
   *
   * const names: string[] = [];
   * MesosBatchSystem.addOptions({ addOption: ({ name }) => void names.push(name) });
   * assertEquals(names, ["endpoint", "framework-id", "role", "name"]);
   * ```
   */
  static addOptions(parser: OptionParser): void {
    addOptions(parser);
  }

  /**
   * Has the options of this batch system set, from wherever they were given.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { MesosBatchSystem } from "@toil/mesos";
   *
   * const variables: string[] = [];
   * MesosBatchSystem.setOptions((_name, { env }) => void variables.push(env));
   * assertEquals(variables[0], "TOIL_MESOS_ENDPOINT");
   * ```
   */
  static setOptions(setOption: OptionSetter): void {
    setOptions(setOption);
  }

  /**
   * Removes the directories of a workflow from this node, after its last job. Executors do the same
   * on theirs.
   *
   * @param info What to remove, and when.
   * @example
   * ```ts
   * import { MesosBatchSystem } from "@toil/mesos";
   *
   * const workDir = await Deno.makeTempDir();
   * const workflowID = crypto.randomUUID();
   * await MesosBatchSystem.workerCleanup({ workflowID, cleanWorkDir: "always", workDir });
   * await Deno.remove(workDir);
   * ```
   */
  static async workerCleanup(info: WorkerCleanupInfo): Promise<void> {
    await workerCleanup(info, { environment: Deno.env.toObject(), read: readText });
  }

  /** The bus that receives the events. */
  get messageBus(): MessageBus {
    return this.#bus;
  }

  /**
   * Checks that a job's demands can be met.
   *
   * @throws {InsufficientSystemResources} naming resource, demand, limit and job.
   */
  checkResourceRequest(requirements: JobRequirements): void {
    checkResourceRequest(requirements, this.#config.limits);
  }

  /**
   * Sets a variable for all jobs issued from now on.
   *
   * @param value The value; without it, the variable's value here.
   * @throws {ReferenceError} when no value is given and it is not set here.
   * @throws {TypeError} when no job can be given it.
   */
  setEnv(name: string, value?: string): void {
    const given = value ?? Deno.env.get(name);
    if (given === undefined) {
      throw new ReferenceError(`Cannot pass ${name} on to the jobs: it is not set here`);
    }
    checkVariables({ [name]: given });
    this.#environment = Object.freeze({ ...this.#environment, [name]: given });
  }

  /**
   * Publishes events on this bus, and no longer on the one before.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem, MessageBus } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * const bus = new MessageBus();
   * const types: string[] = [];
   * bus.subscribe(({ type }) => void types.push(type));
   * batch.setMessageBus(bus);
   * await batch.issueBatchJob("true", { cores: 0.1, memory: "32Mi", disk: "1Mi" });
   * assertEquals(types[0], "JOB_ISSUED");
   * ```
   */
  setMessageBus(bus: MessageBus): void {
    this.#bus = bus;
  }

  /** Where files of output go, if they go anywhere. */
  getBatchLogsDir(): string {
    return this.#config.batchLogsDir ?? this.#config.workDir ?? this.#config.temporaryDirectory;
  }

  /** The file of a job's output or error. */
  formatStdOutErrPath(jobID: JobId, taskId: TaskId, std: StdStream): string {
    return formatStdOutErrPath(this.#stdOutErr(), { jobID, taskId, std });
  }

  /**
   * A glob for all files of a job's output and error.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { createBatchSystem } from "@toil/mesos";
   *
   * await using batch = await createBatchSystem({ endpoint: "local" });
   * const glob = batch.formatStdOutErrGlob(7);
   * assertEquals(glob.endsWith(".7.*.log"), true);
   * ```
   */
  formatStdOutErrGlob(jobID: JobId): string {
    return formatStdOutErrGlob(this.#stdOutErr(), jobID);
  }

  /** The environment of a job that is issued now. Shared where it can be: a million jobs of one
   * environment hold one. */
  protected environmentOf(
    jobEnvironment: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, string>> {
    checkVariables(jobEnvironment);
    const isEmpty = Object.keys(jobEnvironment).length === 0;
    return isEmpty ? this.#environment : { ...this.#environment, ...jobEnvironment };
  }

  /** The files of an attempt's output; undefined: they are in its sandbox. */
  protected stdOutErrPaths(jobID: JobId, taskId: TaskId): {
    standardOutputPath: string;
    standardErrorPath: string;
  } | undefined {
    if (this.#config.batchLogsDir === undefined && !this.#config.noStdOutErr) return undefined;
    return {
      standardOutputPath: this.formatStdOutErrPath(jobID, taskId, "out"),
      standardErrorPath: this.formatStdOutErrPath(jobID, taskId, "err"),
    };
  }

  #stdOutErr() {
    return {
      batchLogsDir: this.getBatchLogsDir(),
      noStdOutErr: this.#config.noStdOutErr,
      workflowID: this.#workflowID,
    };
  }
}

function checkVariables(environment: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(environment)) {
    const problem = variableProblem(name, value);
    if (problem) throw new TypeError(`Cannot pass ${name} on to jobs: it ${problem}`);
  }
}
