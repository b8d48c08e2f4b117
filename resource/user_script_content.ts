/**
 * The stored content of a user script: a file as it is, a directory as a ZIP archive.
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

/** Limits and exclusions of a user script's content. */
export interface UserScriptContentOptions {
  /** Limits of the content. @default {DEFAULT_ARCHIVE_LIMITS} */
  limits?: ArchiveLimits;
  /**
   * Files and directories that the run writes to, or keeps secrets in; they are left out at any
   * path. @default {[]}
   */
  ownPlaces?: readonly string[];
  /** Further patterns to exclude from a directory, in the syntax of .gitignore. @default {[]} */
  exclude?: readonly string[];
}

/**
 * Reads a user script.
 *
 * @throws {UserScriptError} when it can't be packaged, belongs to the run itself, or exceeds the
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
    const message = `Cannot deploy user script ${path}: toil-mesos stores its own files there; ` +
      "move the user script to a separate directory";
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
