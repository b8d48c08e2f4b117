/**
 * The control API of a scheduler that runs on the command line.
 *
 * @module
 */

import { resolve } from "node:path";
import type { RunRecorder } from "../../control/report/run_recorder.ts";
import { ControlServer } from "../../control/server.ts";
import { conflict, invalid } from "../../control/control_error.ts";
import { UserScriptError } from "../../resource/resource_errors.ts";
import { Resource } from "../../resource/resource.ts";
import type { MesosBatchSystem } from "../../scheduler/batch_system.ts";
import { UserScriptTooLateError } from "../../scheduler/user_script_too_late_error.ts";
import { defaultListenAddress, keepToken, tokenPath } from "../../setup/control_access.ts";
import type { OpenBatchSystem } from "../../setup/open_batch_system.ts";
import {
  type ControlAddress,
  formatControlAddress,
  parseControlAddress,
} from "../../support/control_address.ts";
import { SYSTEM_CLOCK } from "../../support/clock.ts";
import { UsageError } from "../../support/usage_error.ts";
import type { SchedulerOptions } from "../options/scheduler_options.ts";
import type { System } from "../system.ts";
import { VERSION } from "../../support/version.ts";
import { keepUserScript } from "./kept_user_script.ts";
import { DEFAULT_NAME } from "./run_report.ts";

/** What a service works with. */
export interface ControlServiceOptions
  extends Pick<OpenBatchSystem, "agents" | "deployUserScript"> {
  /** What it controls. */
  readonly batchSystem: MesosBatchSystem;
  /** Knows what this run has done. */
  readonly recorder: RunRecorder;
  /** Ends the scheduler. */
  readonly shutDown: (options: { keepJobs: boolean }) => void;
}

/**
 * Reads where to listen, before anything is started.
 *
 * @throws {UsageError} when it is not an address, or when it needs a token that can't be kept.
 */
export function readListen(
  { listen, state }: SchedulerOptions,
  system: System,
): ControlAddress {
  if (listen === undefined) return defaultListenAddress({ environment: system.environment });
  const address = parseControlAddress(listen, "--listen");
  if (!("path" in address) && state === undefined) {
    throw new UsageError(`--listen ${listen} needs --state DIR: its token is kept there`);
  }
  return address;
}

/**
 * Listens for as long as it is open.
 *
 * @throws {UsageError} when the address can't be used.
 */
export async function openControlService(
  address: ControlAddress,
  options: SchedulerOptions,
  { system, ...service }: ControlServiceOptions & { system: System },
): Promise<ControlServer> {
  const { batchSystem, agents, deployUserScript, recorder, shutDown } = service;
  const { state = "" } = options;
  const isPrivate = "path" in address;
  const server = await ControlServer.open({
    scheduler: batchSystem,
    agents,
    address,
    token: isPrivate ? undefined : keepToken(state),
    now: SYSTEM_CLOCK.now,
    version: VERSION,
    name: options.name ?? DEFAULT_NAME,
    recorder,
    setUserScript: async (script) => {
      try {
        if ("path" in script) {
          const localPath = resolve(script.path);
          await batchSystem.setUserScript(await deployUserScript(localPath), localPath);
        } else await batchSystem.setUserScript(Resource.unpickle(script.resource));
        if (options.state !== undefined) keepUserScript(options.state, script);
      } catch (error) {
        if (error instanceof UserScriptError) throw invalid(error.message);
        throw error instanceof UserScriptTooLateError ? conflict(error.message) : error;
      }
    },
    shutDown,
  });
  const place = formatControlAddress(server.address);
  system.terminal.error(
    isPrivate
      ? `Listening on ${place}`
      : `Listening on http://${place}; the token is in ${tokenPath(state)}`,
  );
  return server;
}
