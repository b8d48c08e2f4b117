/**
 * Batch systems as the program makes them, with defaults, on a Mesos or on a driver of the caller.
 *
 * @module
 */

import { userInfo } from "node:os";
import { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import type { DriverFactory } from "../../scheduler/mesos_link.ts";
import { MemoryStore } from "../../scheduler/store/memory_store.ts";
import { SqliteStore } from "../../scheduler/store/sqlite_store.ts";
import { toBatchSystemConfig } from "../../setup/batch_system_settings.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { thisProgram } from "../../setup/this_program.ts";

/** What a batch system is made with. */
export interface BenchBatchOptions {
  readonly createDriver: DriverFactory;
  /** What it authenticates as. */
  readonly principal?: string | undefined;
  /** How long short jobs share a task; `0`: never. */
  readonly bundle: string;
  /** Where its store is; undefined: in memory. */
  readonly state?: string | undefined;
}

/** A batch system and its temporary directory; `await using` shuts it down. */
export class BenchBatchSystem implements AsyncDisposable {
  readonly batch: MesosBatchSystem;
  /** A directory that jobs can write to. */
  readonly directory: string;
  /** Mesos' id of the framework. */
  frameworkId = "";

  /** A batch system that is not started. */
  constructor({ createDriver, principal, bundle, state }: BenchBatchOptions) {
    this.directory = Deno.makeTempDirSync({ prefix: "toil-mesos-bench-" });
    const config = toBatchSystemConfig({ state, bundle, logLevel: "WARN" }, {
      temporaryDirectory: this.directory,
      selfCommand: thisProgram().command,
      executorUri: undefined,
      executorCertificates: undefined,
      isTemporary: false,
      mayDeployLater: false,
      hostname: "127.0.0.1",
      user: userInfo().username,
      principal,
      cpus: navigator.hardwareConcurrency,
    });
    this.batch = new MesosBatchSystem(config, {
      store: state === undefined ? new MemoryStore() : new SqliteStore(state),
      now: SYSTEM_CLOCK.now,
      createDriver,
    });
    this.batch.messageBus.subscribe((event) => {
      if (event.type === "REGISTERED") this.frameworkId = event.frameworkId;
    });
  }

  /** Resolves when it is registered. */
  async start(): Promise<this> {
    await this.batch.start();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.batch.shutdown();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A directory for a store, removed in the end. */
export class StateDirectory implements AsyncDisposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "toil-mesos-bench-state-" });

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
