/**
 * Parses and formats resources and attributes as an operator writes them
 * (`cpus:4;mem(batch):4096;ports:[31000-32000]`, `preemptible:false;rack:r1`), and as Mesos'
 * messages show them. Pure.
 *
 * @see docs/attributes-resources.md in the Mesos documentation
 * @module
 */

import type { Attribute, MesosResource, Value } from "../../mesos/wire/messages.ts";
import { addResources, quantity, type Resources } from "./resource_arithmetic.ts";
import { roleError } from "./roles.ts";

const RANGES_REGEXP = /^\[(\d+-\d+(,\d+-\d+)*)\]$/;
const SCALAR_REGEXP = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function parseValue(text: string): Value {
  const compact = text.replaceAll(" ", "");
  const [, pairs] = RANGES_REGEXP.exec(compact) ?? [];
  if (pairs !== undefined) {
    const range = pairs.split(",").map((pair) => {
      const [begin, end] = pair.split("-");
      return { begin: Number(begin), end: Number(end) };
    });
    return { type: "RANGES", ranges: { range } };
  }
  if (SCALAR_REGEXP.test(compact)) return { type: "SCALAR", scalar: { value: Number(compact) } };
  if (compact === "" || /[[\]{}]/.test(compact)) {
    throw new RangeError(`Cannot read "${text}" as a value: expected 4, [1-2] or text`);
  }
  return { type: "TEXT", text: { value: compact } };
}

function parseResource(token: string): MesosResource {
  const [key = "", text, more] = token.split(":");
  const [, name, role = "*"] = /^\s*([^()\s]+)\s*(?:\(\s*([^()\s]+)\s*\))?\s*$/.exec(key) ?? [];
  if (name === undefined || text === undefined || more !== undefined) {
    throw new RangeError(`Cannot read "${token}" as a resource: expected e.g. cpus:4 or mem(r):64`);
  }
  const { type, scalar, ranges } = parseValue(text);
  const error = type === "TEXT" ? "it is text" : roleError(role);
  if (error) throw new RangeError(`Cannot read "${token}" as a resource: ${error}`);
  return {
    name,
    type,
    ...(scalar ? { scalar } : {}),
    ...(ranges ? { ranges } : {}),
    ...(role === "*" ? {} : { role }),
  };
}

/**
 * Parses `name:value` or `name(role):value`, separated by semicolons.
 *
 * @throws {RangeError} naming the part that can't be read.
 */
export function parseResources(text: string): MesosResource[] {
  const tokens = text.split(";").filter((token) => token.trim() !== "");
  return addResources([], tokens.map(parseResource));
}

/** The names of the resources in a text, including empty ones. */
export function resourceNames(text: string): Set<string> {
  return new Set(text.split(";").map((token) => token.split(/[:(]/)[0]?.trim() ?? ""));
}

/**
 * Parses `name:value` pairs, separated by semicolons.
 *
 * @throws {RangeError} naming the part that can't be read.
 */
export function parseAttributes(text: string): Attribute[] {
  return text.split(/[;\n]/).filter((token) => token !== "").map((token) => {
    const colon = token.indexOf(":");
    if (colon >= 1) return { name: token.slice(0, colon), ...parseValue(token.slice(colon + 1)) };
    throw new RangeError(`Cannot read "${token}" as an attribute: expected e.g. rack:r1`);
  });
}

/** The value of a resource as Mesos' messages show it. */
export function formatValue(resource: MesosResource): string {
  if (resource.type === "SCALAR") return String(quantity(resource) / 1000);
  const range = resource.ranges?.range ?? [];
  return `[${range.map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
}

/** One resource as Mesos' messages show it: `cpus(allocated: *):4`. */
export function formatResource(resource: MesosResource): string {
  const { name, role, allocation_info } = resource;
  const allocated = allocation_info ? `(allocated: ${allocation_info.role})` : "";
  const reserved = role === undefined ? "" : `(reservations: [(STATIC,${role})])`;
  return `${name}${allocated}${reserved}:${formatValue(resource)}`;
}

export function formatResources(resources: Resources): string {
  return resources.length === 0 ? "{}" : resources.map(formatResource).join("; ");
}
