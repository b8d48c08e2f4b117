/**
 * What of a directory goes into an archive, in the order in which it does.
 *
 * @module
 */

import { join } from "node:path";
import type { ArchiveTree, EntryKind } from "./archive_tree.ts";
import { reasonOf } from "./resource_errors.ts";

/** Version control and compiled code: no use on a node, and different every time. */
const SKIPPED = /^\.git$|^__pycache__$|\.pyc$/;

const EXECUTE_BITS = 0o111;

/** One thing in a directory. */
export interface DirectoryEntry {
  /** Where it is, from the directory on. */
  path: string;
  /** What it is. */
  kind: EntryKind;
  /** Whether anybody may execute it; always false but for files. */
  executable: boolean;
  /** Where a link points to; "" for others. */
  target: string;
}

async function inspectEntry(file: string, path: string): Promise<DirectoryEntry | undefined> {
  const { isSymlink, isDirectory, isFile, mode } = await Deno.lstat(file);
  const entry = { path, executable: false, target: "" };
  if (isSymlink) return { ...entry, kind: "link", target: await Deno.readLink(file) };
  if (isDirectory) return { ...entry, kind: "directory" };
  if (isFile) return { ...entry, kind: "file", executable: ((mode ?? 0) & EXECUTE_BITS) !== 0 };
  return undefined;
}

async function sortedNames(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (!SKIPPED.test(name)) names.push(name);
  }
  return names.sort();
}

/**
 * Lists a directory, parents before children, by name. `.git`, `__pycache__` and `*.pyc` are left
 * out; all that is listed has been added to the tree, and its links have been followed.
 *
 * @throws {UserScriptError} when something is no file, directory or link, can't be read, or does
 * not belong into an archive.
 */
export async function listDirectory(
  directory: string,
  tree: ArchiveTree,
): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];

  async function visit(parent: string): Promise<void> {
    for (const name of await sortedNames(join(directory, parent))) {
      const path = parent === "" ? name : `${parent}/${name}`;
      const entry = await inspectEntry(join(directory, path), path).catch((cause) => {
        throw tree.error(path, `can't be read: ${reasonOf(cause)}`, { cause });
      });
      if (!entry) throw tree.error(path, "is neither a file, a directory nor a link");
      tree.add(path, entry.kind);
      if (entry.kind === "link") tree.setTarget(path, entry.target);
      entries.push(entry);
      if (entry.kind === "directory") await visit(path);
    }
  }

  await visit("");
  tree.checkLinks();
  return entries;
}
