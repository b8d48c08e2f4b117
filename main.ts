/**
 * toil-mesos: batch jobs on Apache Mesos.
 *
 * The only place that builds the real clock, transports, stores and loggers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { EXIT_CODE } from "./cli/exit_code.ts";
import { isHangUpIgnored } from "./cli/terminal/hang_up.ts";
import { INTERRUPTING_SIGNALS, Interruption } from "./cli/terminal/interruption.ts";
import { runProgram } from "./cli/program.ts";
import type { System } from "./cli/system.ts";
import { Terminal } from "./cli/terminal/terminal.ts";
import { MesosExecutorDriver } from "./mesos/executor_driver.ts";
import { AUTHENTICATION_TOKEN_ENV_NAME } from "./mesos/executor_environment.ts";
import {
  type MasterDetector,
  parseMasters,
  StaticMasterDetector,
} from "./mesos/detector/master_detector.ts";
import { MesosSchedulerDriver } from "./mesos/scheduler_driver.ts";
import {
  parseZooKeeperEndpoint,
  ZooKeeperMasterDetector,
} from "./mesos/detector/zookeeper_master_detector.ts";
import { MemoryStore } from "./scheduler/store/memory_store.ts";
import { SqliteStore } from "./scheduler/store/sqlite_store.ts";
import { eraseVariable } from "./support/erase_variable.ts";
import { configureLogging } from "./support/log.ts";

/** Set by the self-extracting program to its own path. */
const PROGRAM_VARIABLE = "TOIL_MESOS_PROGRAM";

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The file of this program, where it is one. */
function selfFile(): string | undefined {
  return Deno.env.get(PROGRAM_VARIABLE) ?? (Deno.build.standalone ? Deno.execPath() : undefined);
}

function selfCommand(): string {
  const file = selfFile();
  if (file !== undefined) return quote(file);
  const [main, config] = ["./main.ts", "./deno.json"].map((path) =>
    quote(fileURLToPath(new URL(path, import.meta.url)))
  );
  return `${quote(Deno.execPath())} run --quiet --allow-all --config ${config} ${main}`;
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += stream.writeSync(bytes.subarray(written));
  }
}

/**
 * Makes detectors for an endpoint: each driver has its own. The scheme is that of masters of which
 * the endpoint does not tell it.
 */
function detectorFor(endpoint: string, scheme: "http" | "https"): () => MasterDetector {
  if (endpoint.startsWith("zk://")) {
    const zooKeeper = parseZooKeeperEndpoint(endpoint);
    return () => new ZooKeeperMasterDetector(zooKeeper, scheme);
  }
  const masters = parseMasters(endpoint, scheme);
  return () => new StaticMasterDetector(masters);
}

const terminal = new Terminal({
  writeOutput: (text) => writeAll(Deno.stdout, text),
  writeError: (text) => writeAll(Deno.stderr, text),
  isTerminal: Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb",
  columns: () => Deno.consoleSize().columns,
});

const system: System = {
  environment: Deno.env.toObject(),
  terminal,
  selfCommand: selfCommand(),
  selfFile: selfFile(),
  // The time of the start, plus what a clock counts that nobody sets.
  now: () => performance.timeOrigin + performance.now(),
  openStore: (directory) =>
    directory === undefined ? new MemoryStore() : new SqliteStore(directory),
  connect: ({ endpoint, credential, caCertificates }) => {
    const createDetector = detectorFor(endpoint, caCertificates === undefined ? "http" : "https");
    return (scheduler, info) =>
      new MesosSchedulerDriver(scheduler, {
        detector: createDetector(),
        frameworkInfo: info,
        credential,
        caCertificates,
      });
  },
  createExecutorDriver: (executor, environment) => new MesosExecutorDriver(executor, environment),
  configureLogging: (level, format) =>
    configureLogging({ level, format, write: (line) => terminal.error(line) }),
  onInterrupt: (interrupted) => {
    const interruption = new Interruption({
      ignoresHangUp: isHangUpIgnored(),
      interrupted,
      leaveAtOnce: () => Deno.exit(EXIT_CODE.INTERRUPTED),
      now: () => performance.now(),
    });
    // Who listens to any of them is ended by SIGHUP, under nohup too, unless it listens to that.
    const listeners = INTERRUPTING_SIGNALS.map((signal) => {
      const listener = () => interruption.signal(signal);
      Deno.addSignalListener(signal, listener);
      return () => Deno.removeSignalListener(signal, listener);
    });
    return () => listeners.forEach((remove) => remove());
  },
  readStandardInput: () => new Response(Deno.stdin.readable).bytes(),
};

if (import.meta.main) {
  // It is in `system`, where nobody else sees it.
  eraseVariable(AUTHENTICATION_TOKEN_ENV_NAME);
  Deno.exit(await runProgram(Deno.args, system));
}
