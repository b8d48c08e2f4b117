/**
 * What the tests of this folder share: a system that keeps what is written, and reaches nothing.
 *
 * @module
 */

import type { BatchJobResult } from "../scheduler/core/records.ts";
import type { System } from "./system.ts";
import { Terminal } from "./terminal/terminal.ts";

/** A system, and what was written to it. */
export interface FakeSystem {
  /** For commands. */
  readonly system: System;
  /** Standard output and error so far. */
  readonly written: { output: string; error: string };
}

/** A system whose parts can be replaced. */
export function fakeSystem(parts: Partial<System> = {}): FakeSystem {
  const written = { output: "", error: "" };
  const refuse = () => {
    throw new Error("Cannot reach anything: this is a test");
  };
  const system: System = {
    environment: {},
    terminal: new Terminal({
      writeOutput: (text) => void (written.output += text),
      appendOutput: (text) => {
        written.output += text;
        return Promise.resolve();
      },
      writeError: (text) => void (written.error += text),
      isTerminal: false,
      columns: () => 80,
    }),
    outputIsTerminal: false,
    outputColumns: () => 80,
    outputBytes: (bytes) => void (written.output += new TextDecoder().decode(bytes)),
    loadExecutorDriver: () => Promise.resolve(refuse),
    configureLogging: () => {},
    onInterrupt: () => () => {},
    standardInput: () => ReadableStream.from([]),
    ...parts,
  };
  return { system, written };
}

/** The result of a job that has finished, with other fields where a test needs them. */
export function resultOf(jobID: number, fields: Partial<BatchJobResult> = {}): BatchJobResult {
  return {
    jobID,
    name: `job-${jobID}`,
    exitStatus: 0,
    exitReason: "FINISHED",
    wallTimeSeconds: 1.4820001,
    node: "10.0.0.5",
    message: "",
    taskId: `${jobID}-1`,
    ...fields,
  };
}
