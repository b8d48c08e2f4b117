/**
 * Parses and formats resources and attributes as an operator writes them
 * (`cpus:4;mem:4096;ports:[31000-32000]`,
 * `preemptible:false;rack:r1`), and as Mesos' messages show them. Pure.
 *
 * @see docs/attributes-resources.md in the Mesos documentation
 * @module
 */

import type { Attribute, MesosResource, Value } from "../../mesos/wire/messages.ts";
import { addResources, type Resources } from "./resource_arithmetic.ts";
import { coalesceRanges, fromFixedPoint, toFixedPoint } from "./resource_values.ts";
import { roleError } from "./roles.ts";

const RANGES_REGEXP = /^\[(\d+-\d+(,\d+-\d+)*)?\]$/;
const SET_REGEXP = /^\{([^{}]*)\}$/;
/**
 * A number as strtod reads it, except for values that Mesos takes for text: infinities, NaN,
 * negative numbers.
 */
const SCALAR_REGEXP = /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parses a value and infers its type. */
function parseValue(text: string): Value {
  const compact = text.replaceAll(" ", "");
  const ranges = RANGES_REGEXP.exec(compact);
  if (ranges) {
    const pairs = (ranges[1] ?? "").split(",").filter(Boolean).map((pair) => pair.split("-"));
    const range = pairs.map(([begin, end]) => ({ begin: Number(begin), end: Number(end) }));
    return { type: "RANGES", ranges: { range: coalesceRanges(range) } };
  }
  const set = SET_REGEXP.exec(compact);
  if (set) return { type: "SET", set: { item: (set[1] ?? "").split(",").filter(Boolean) } };
  if (SCALAR_REGEXP.test(compact)) return { type: "SCALAR", scalar: { value: Number(compact) } };
  if (compact === "" || /[[\]{}]/.test(compact)) {
    throw new RangeError(`Cannot read "${text}" as a value: expected 4, [1-2], {a,b} or text`);
  }
  return { type: "TEXT", text: { value: compact } };
}

function parseResource(token: string): MesosResource {
  const [key = "", text, more] = token.split(":");
  const [, name, role] = /^\s*([^()\s]+)\s*(?:\(\s*([^()\s]+)\s*\))?\s*$/.exec(key) ?? [];
  if (name === undefined || text === undefined || more !== undefined) {
    throw new RangeError(`Cannot read "${token}" as a resource: expected e.g. cpus:4 or mem(r):64`);
  }
  const { type, scalar, ranges, set } = parseValue(text);
  if (type === "TEXT") throw new RangeError(`Cannot read "${token}" as a resource: it is text`);
  const error = role === undefined ? undefined : roleError(role);
  if (error) throw new RangeError(`Cannot read "${token}" as a resource: ${error}`);
  return {
    name,
    type,
    ...(scalar ? { scalar } : {}),
    ...(ranges ? { ranges } : {}),
    ...(set ? { set } : {}),
    ...(role && role !== "*" ? { reservations: [{ type: "STATIC", role }] } : {}),
  };
}

/**
 * Parses `name:value` or `name(role):value`, separated by semicolons.
 *
 * @throws {RangeError} naming the part that can't be read.
 */
export function parseResources(text: string): MesosResource[] {
  const tokens = text.split(";").filter((token) => token.trim() !== "");
  return tokens.map(parseResource).reduce<MesosResource[]>(
    (sum, resource) => addResources(sum, [resource]),
    [],
  );
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
    const name = token.slice(0, colon);
    const value = parseValue(token.slice(colon + 1));
    if (colon < 1 || value.type === "SET") {
      throw new RangeError(`Cannot read "${token}" as an attribute: expected e.g. rack:r1`);
    }
    return { name, ...value };
  });
}

/** The value of a resource or attribute as Mesos' messages show it. */
export function formatValue(
  { type, scalar, ranges, set }: Omit<MesosResource, "name"> | Omit<Attribute, "name">,
): string {
  switch (type) {
    case "SCALAR":
      return String(fromFixedPoint(toFixedPoint(scalar?.value ?? 0)));
    case "RANGES":
      return `[${(ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
    case "SET":
      return `{${(set?.item ?? []).join(", ")}}`;
    case "TEXT":
      return "";
  }
}

/** One resource as Mesos' messages show it: `cpus(allocated: *):4`. */
export function formatResource(resource: MesosResource): string {
  const { name, allocation_info, reservations = [] } = resource;
  const allocated = allocation_info ? `(allocated: ${allocation_info.role})` : "";
  const stack = reservations.map(({ type, role, principal }) =>
    `(${[type, role, principal].filter((part) => part !== undefined).join(",")})`
  );
  const reserved = stack.length > 0 ? `(reservations: [${stack.join(",")}])` : "";
  const marks = `${resource.revocable ? "{REV}" : ""}${resource.shared ? "<SHARED>" : ""}`;
  return `${name}${allocated}${reserved}${marks}:${formatValue(resource)}`;
}

/** Resources as Mesos' messages show them: `cpus:4; mem:4096`. */
export function formatResources(resources: Resources): string {
  return resources.length === 0 ? "{}" : resources.map(formatResource).join("; ");
}
