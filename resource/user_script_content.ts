/**
 * The bytes that a user script is stored as: a file as it is, a directory as a ZIP archive.
 *
 * @module
 */

import { basename, join } from "node:path";
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { UserScriptError } from "./resource_errors.ts";
import type { UserScript } from "./user_script.ts";
import { zipDirectory } from "./zip_directory.ts";

/** A Python package is imported by its name, so its archive has a directory of that name. */
async function packageName({ path, kind }: UserScript): Promise<string> {
  if (kind !== "directory") return "";
  const marker = join(path, "__init__.py");
  const isPackage = await Deno.stat(marker).then((info) => info.isFile, () => false);
  return isPackage ? basename(path) : "";
}

/**
 * Reads a user script.
 *
 * @throws {UserScriptError} when it can't be packaged, or is over the limits.
 */
export async function* readUserScript(
  script: UserScript,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
): AsyncGenerator<Uint8Array> {
  const { path, kind } = script;
  const content = kind === "file"
    ? (await Deno.open(path)).readable
    : zipDirectory(path, { within: await packageName(script), limits });
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > limits.maxArchiveBytes) {
      const message = `Cannot deploy user script ${path}: it needs more than ` +
        `${limits.maxArchiveBytes} bytes`;
      throw new UserScriptError(message, { path });
    }
    yield chunk;
  }
}
