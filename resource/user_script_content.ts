/**
 * The bytes that a user script is stored as: a file as it is, a directory as a ZIP archive.
 *
 * @module
 */

import { basename, join } from "node:path";
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from "./archive_limits.ts";
import { fileContent } from "./file_content.ts";
import { OwnPlaces } from "./own_places.ts";
import { isMarkedPrivate } from "./private_directory.ts";
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

/** What of a user script is read. */
export interface UserScriptContentOptions {
  /** What may be deployed. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits;
  /**
   * Files and directories that the run writes to, or keeps secrets in: they are left out wherever
   * they lie. @default {[]}
   */
  ownPlaces?: readonly string[];
  /** Patterns of what else is left out of a directory, in the syntax of .gitignore. @default {[]} */
  exclude?: readonly string[];
}

/**
 * Reads a user script.
 *
 * @throws {UserScriptError} when it can't be packaged, is a place of the run's own, or is over the
 * limits.
 */
export async function* readUserScript(
  script: UserScript,
  options: UserScriptContentOptions = {},
): AsyncGenerator<Uint8Array> {
  const { limits = DEFAULT_ARCHIVE_LIMITS, exclude = [] } = options;
  const { path, kind } = script;
  const ownPlaces = await OwnPlaces.find(options.ownPlaces ?? []);
  const info = await Deno.stat(path);
  if (ownPlaces.pathOf(info) !== undefined || isMarkedPrivate(path)) {
    const message = `Cannot deploy user script ${path}: toil-mesos keeps files of its own there; ` +
      "give the user script a directory of its own";
    throw new UserScriptError(message, { path });
  }
  const content = kind === "file"
    ? fileContent(path, info.size)
    : zipDirectory(path, { within: await packageName(script), limits, ownPlaces, exclude });
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
