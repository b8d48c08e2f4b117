/**
 * Compares two descriptions of an executor. Pure.
 *
 * @see operator== of ExecutorInfo and CommandInfo in src/common/type_utils.cpp in Mesos
 * @module
 */

import type { CommandInfo, CommandInfoURI, ExecutorInfo } from "../../../mesos/wire/messages.ts";
import { sameResources } from "../../resources/resource_arithmetic.ts";

function sameUri(a: CommandInfoURI, b: CommandInfoURI): boolean {
  return a.value === b.value && (a.executable ?? false) === (b.executable ?? false) &&
    (a.extract ?? true) === (b.extract ?? true) && (a.output_file ?? "") === (b.output_file ?? "");
}

function comparableEnvironment({ environment }: CommandInfo): string {
  const variables = environment?.variables ?? [];
  return JSON.stringify(
    variables.map(({ name, type = "VALUE", value }) => [name, type, value]).sort(),
  );
}

function sameCommand(a: CommandInfo = {}, b: CommandInfo = {}): boolean {
  const [uris, others] = [a.uris ?? [], b.uris ?? []];
  return uris.length === others.length &&
    uris.every((uri) => others.some((other) => sameUri(uri, other))) &&
    JSON.stringify(a.arguments ?? []) === JSON.stringify(b.arguments ?? []) &&
    comparableEnvironment(a) === comparableEnvironment(b) &&
    (a.value ?? "") === (b.value ?? "") && (a.user ?? "") === (b.user ?? "") &&
    (a.shell ?? true) === (b.shell ?? true);
}

function sameBytes(a: Uint8Array = new Uint8Array(0), b: Uint8Array = new Uint8Array(0)): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether both describe the same executor; labels and the shutdown grace period may differ. */
export function sameExecutor(a: ExecutorInfo, b: ExecutorInfo): boolean {
  return a.type === b.type && a.executor_id.value === b.executor_id.value &&
    (a.framework_id?.value ?? "") === (b.framework_id?.value ?? "") &&
    (a.name ?? "") === (b.name ?? "") && (a.source ?? "") === (b.source ?? "") &&
    sameBytes(a.data, b.data) && sameCommand(a.command, b.command) &&
    sameResources(a.resources ?? [], b.resources ?? []);
}
