/**
 * Checks the path of a user script before anything is packaged, so that a typo
 * does not ship a whole disk to every node.
 *
 * @module
 */

import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { reasonOf, UserScriptError } from "./resource_errors.ts";

/** The kind of a user script; `site-packages` is that directory of a virtualenv. */
export type UserScriptKind = "file" | "directory" | "site-packages";

/** A user script that can be read. */
export interface UserScript {
  /** Its absolute path, as named, links not followed. */
  path: string;
  /** Its kind. */
  kind: UserScriptKind;
}

/** System and shared directories, which are never deployed as a whole. */
const SYSTEM_DIRECTORIES: ReadonlySet<string> = new Set([
  ...["/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32"],
  ...["/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp"],
  ...["/usr", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec"],
  ...["/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/sbin", "/usr/share", "/usr/src"],
  ...["/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/spool", "/var/tmp"],
  ...["/dev/shm", "/run/user"],
]);

/** Kernel file systems, which hold no user files. */
const KERNEL_FILE_SYSTEM = /^\/(proc|sys)\//;

function refusal(path: string, state: string, cause?: unknown): UserScriptError {
  return new UserScriptError(`Cannot deploy user script ${path}: ${state}`, { path, cause });
}

async function realHome(): Promise<string> {
  const home = homedir();
  return await Deno.realPath(home).catch(() => home);
}

/** Why a directory (its real path) must not be deployed as a whole. */
async function whyNot(directory: string): Promise<string | undefined> {
  if (SYSTEM_DIRECTORIES.has(directory) || KERNEL_FILE_SYSTEM.test(directory)) {
    return "it is a directory of the system";
  }
  const home = await realHome();
  if (directory === home) return "it is a home directory";
  if (home.startsWith(`${directory}/`)) return "a home directory lies in it";
  return undefined;
}

async function isSitePackages(path: string): Promise<boolean> {
  if (basename(path) !== "site-packages") return false;
  const environment = dirname(dirname(dirname(path)));
  return await Deno.stat(join(environment, "pyvenv.cfg")).then((info) => info.isFile, () => false);
}

async function inspectDirectory(path: string): Promise<UserScriptKind> {
  const realPath = await Deno.realPath(path);
  const reason = await whyNot(realPath);
  if (reason) {
    const isLink = realPath === path ? "" : ` (a link to ${realPath})`;
    throw refusal(path, `${reason}${isLink}; use a separate directory`);
  }
  for await (const _ of Deno.readDir(path)) break;
  return await isSitePackages(realPath) ? "site-packages" : "directory";
}

async function inspect(path: string): Promise<UserScriptKind> {
  const info = await Deno.stat(path);
  if (info.isDirectory) return await inspectDirectory(path);
  if (!info.isFile) throw refusal(path, "it is neither a file nor a directory");
  (await Deno.open(path)).close();
  return "file";
}

/**
 * Inspects a path, relative to the current directory or absolute.
 *
 * @throws {UserScriptError} when it is missing, unreadable, special, a directory of the system or
 * a home directory.
 */
export async function inspectUserScript(path: string): Promise<UserScript> {
  if (path === "") throw refusal('""', "the path is empty");
  const absolute = resolve(path);
  try {
    return { path: absolute, kind: await inspect(absolute) };
  } catch (error) {
    if (error instanceof UserScriptError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw refusal(absolute, "no such file or directory", error);
    }
    throw refusal(absolute, reasonOf(error), error);
  }
}
