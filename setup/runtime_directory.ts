/**
 * Directories that only this user can look into, for secrets and sockets that others of this user's
 * programs find by themselves.
 *
 * @module
 */

import { join } from "node:path";
import { UsageError } from "../support/usage_error.ts";

/** Anything that users other than the owner may do. */
const OTHERS = 0o077;

/** Where the private directory is without `XDG_RUNTIME_DIR`. */
export const SHARED_DIRECTORY = "/tmp";

/** Where a user's private directories may be. */
export interface RuntimeOptions {
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** A directory that all users may write to. @default {SHARED_DIRECTORY} */
  readonly sharedDirectory?: string;
}

/** Where a directory of this user alone may be, the best place first. */
export function privateDirectories({ environment, sharedDirectory }: RuntimeOptions): string[] {
  const runtime = environment["XDG_RUNTIME_DIR"];
  return [
    ...(runtime?.startsWith("/") && isOwn(runtime) ? [join(runtime, "toil-mesos")] : []),
    join(sharedDirectory ?? SHARED_DIRECTORY, `toil-mesos-${Deno.uid()}`),
  ];
}

/** Makes a directory for this user alone; false where that is not possible. */
export function makePrivate(directory: string): boolean {
  try {
    Deno.mkdirSync(directory, { mode: 0o700 });
  } catch {
    // It is there already, or the check fails.
  }
  return isPrivate(directory);
}

/** Whether a directory is this user's, and closed to others. */
export function isPrivate(directory: string): boolean {
  return isOwn(directory) && ((Deno.lstatSync(directory).mode ?? OTHERS) & OTHERS) === 0;
}

/** Whether it is a directory, not a link to one, and this user's. */
function isOwn(directory: string): boolean {
  try {
    const { isDirectory, uid } = Deno.lstatSync(directory);
    return isDirectory && uid === Deno.uid();
  } catch {
    return false;
  }
}

/**
 * The first private directory that is there or can be made.
 *
 * @param purpose What it is for: `keep the cluster's secret`.
 * @throws {UsageError} when there is none.
 */
export function openPrivateDirectory(purpose: string, options: RuntimeOptions): string {
  const directory = privateDirectories(options).find(makePrivate);
  if (directory !== undefined) return directory;
  throw new UsageError(
    `Cannot ${purpose}: neither XDG_RUNTIME_DIR nor ${
      options.sharedDirectory ?? SHARED_DIRECTORY
    } has a directory that is this user's alone`,
  );
}
