/**
 * The serialized form of a resource, in Toil's own format:
 * `<module>.<Class>:["<name>", "<path's MD5>", "<URL>", "<content's MD5>"]`. Pure.
 *
 * @see src/toil/resource.py in Toil, `Resource.pickle`
 * @module
 */

import { JsonCheckError, list, oneOf, text } from "../support/json_checks.ts";
import { reasonOf, UserScriptError } from "./resource_errors.ts";

/** The module of our classes. */
export const OWN_MODULE = "toil_mesos.resource";
/** The module of Toil's classes. */
export const TOIL_MODULE = "toil.resource";

/** The modules whose resources are supported. */
export type ResourceModule = typeof OWN_MODULE | typeof TOIL_MODULE;

/** The classes of resources, in both modules. */
export type ResourceClassName = "FileResource" | "DirectoryResource" | "VirtualEnvResource";

/** The fields of a resource. */
export interface ResourceFields {
  /** The last part of the leader's path. */
  name: string;
  /** The MD5 of the leader's path, 32 hexadecimal digits. */
  pathHash: string;
  /** The URL of the file, or of the ZIP archive of the directory. */
  url: string;
  /** The MD5 of the content at the URL, 32 hexadecimal digits. */
  contentHash: string;
}

/** A resource and its class. */
export interface PickledResource extends ResourceFields {
  /** The module of its class. */
  module: ResourceModule;
  /** The class. */
  className: ResourceClassName;
}

const md5 = text((hash) => /^[0-9a-f]{32}$/.test(hash), "32 lower-case hexadecimal digits");

/** Names and hashes become path components, so they must be valid ones. */
const FIELDS = [
  {
    field: "name",
    check: text((name) => /^(?!\.{1,2}$)[^/\0]{1,255}$/.test(name), "a plain file name"),
  },
  { field: "path hash", check: md5 },
  { field: "url", check: text() },
  { field: "content hash", check: md5 },
] as const;

const moduleOf = oneOf(OWN_MODULE, TOIL_MODULE);
const classOf = oneOf("FileResource", "DirectoryResource", "VirtualEnvResource");

/** The length that excludes the URL, which may contain a signature and must not be logged. */
const SHOWN_LENGTH = 60;

function refusal(pickled: string, state: string, cause?: unknown): UserScriptError {
  const path = pickled.slice(0, SHOWN_LENGTH);
  const message = `Cannot read user script resource ${JSON.stringify(path)}: ${state}`;
  return new UserScriptError(message, { path, cause });
}

function parseFields(pickled: string, json: string): ResourceFields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw refusal(pickled, reasonOf(error), error);
  }
  try {
    const values = list((each) => each)(value);
    if (values.length !== FIELDS.length) {
      throw new JsonCheckError(`expected a list of ${FIELDS.length}`);
    }
    const [name = "", pathHash = "", url = "", contentHash = ""] = FIELDS.map(
      ({ field, check }, index) => checkField(field, () => check(values[index])),
    );
    return { name, pathHash, url, contentHash };
  } catch (error) {
    throw refusal(pickled, reasonOf(error), error);
  }
}

function checkField(field: string, check: () => string): string {
  try {
    return check();
  } catch (cause) {
    throw new TypeError(`its ${field}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Parses the serialized form.
 *
 * @throws {UserScriptError} that names the invalid field.
 */
export function parsePickledResource(pickled: string): PickledResource {
  const colon = pickled.indexOf(":");
  const dot = pickled.lastIndexOf(".", colon);
  const json = pickled.slice(colon + 1);
  let [module, className]: [ResourceModule?, ResourceClassName?] = [];
  try {
    module = moduleOf(pickled.slice(0, dot));
    className = classOf(pickled.slice(dot + 1, colon));
  } catch (error) {
    throw refusal(pickled, "it doesn't begin with a known class", error);
  }
  return { module, className, ...parseFields(pickled, json) };
}

/** Encodes a string as Python's `json.dumps` does, in ASCII. */
function pythonJson(text: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replaceAll(/[^ -~]/g, escape);
}

/** Serializes a resource as Python would. */
export function formatPickledResource(resource: PickledResource): string {
  const { module, className, name, pathHash, url, contentHash } = resource;
  const fields = [name, pathHash, url, contentHash].map(pythonJson).join(", ");
  return `${module}.${className}:[${fields}]`;
}
