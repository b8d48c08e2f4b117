/**
 * The secret of an embedded cluster: a file in its work directory, and a copy in a directory of the
 * user's own, named by the port, where schedulers of the same user on the same host find it.
 *
 * @module
 */

import { join } from "node:path";
import { newSecret, PRINCIPAL } from "../cluster/cluster_credential.ts";
import type { Credential } from "../mesos/http/credential.ts";
import { markPrivate } from "../resource/private_directory.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import {
  isPrivate,
  openPrivateDirectory,
  privateDirectories,
  type RuntimeOptions,
} from "./runtime_directory.ts";
import { readSecretFile } from "./secret_file.ts";

/** The name of the file in the work directory. */
const SECRET_NAME = "secret";

/**
 * The secret in a work directory, made on first use.
 *
 * @throws {UsageError} when it can't be written or read, or when others may read it.
 */
export function keepSecret(workDirectory: string): { secret: string; path: string } {
  const path = join(workDirectory, SECRET_NAME);
  const draft = `${path}.${crypto.randomUUID()}`;
  markPrivate(workDirectory);
  try {
    Deno.writeTextFileSync(draft, `${newSecret()}\n`, { mode: 0o600, createNew: true });
    try {
      // Fails where there is one: that of an earlier cluster stays.
      Deno.linkSync(draft, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    } finally {
      Deno.removeSync(draft);
    }
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
  return { secret: readSecretFile(path), path };
}

/**
 * Lets schedulers of this user on this host find the secret of the cluster at a port, for as long
 * as this process lives: the file is locked, and what a killed cluster has left is not believed.
 *
 * @returns Withdraws it.
 * @throws {UsageError} when no private directory exists and none can be created.
 */
export function publishSecret(port: number, secret: string, options: RuntimeOptions): Disposable {
  const directory = openPrivateDirectory("keep the cluster's secret", options);
  removeStale(directory);
  const path = join(directory, String(port));
  const draft = `${path}.${crypto.randomUUID()}`;
  const file = write(draft, path, secret);
  return {
    [Symbol.dispose]: () => {
      try {
        // A later cluster at this port may have replaced it.
        if (Deno.readTextFileSync(path) === secret) Deno.removeSync(path);
        Deno.removeSync(directory);
      } catch {
        // It holds secrets of other clusters, or somebody has cleaned up.
      } finally {
        file.close();
      }
    },
  };
}

/** Writes and locks a file of this name, by way of a draft; gives the open file. */
function write(draft: string, path: string, secret: string): Deno.FsFile {
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(draft, { write: true, createNew: true, mode: 0o600 });
    isLockedByOther(file, true);
    Deno.writeTextFileSync(draft, secret);
    Deno.renameSync(draft, path);
    return file;
  } catch (error) {
    file?.close();
    removeIfThere(draft);
    throw new UsageError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes the secrets of clusters that were killed. */
function removeStale(directory: string): void {
  for (const { name, isFile } of Deno.readDirSync(directory)) {
    if (!isFile || !/^\d+$/.test(name)) continue;
    const path = join(directory, name);
    try {
      if (!isInUse(path)) Deno.removeSync(path);
    } catch {
      // Its cluster, or another one that starts, has removed it.
    }
  }
}

/** Whether the process that has written a secret is alive. */
function isInUse(path: string): boolean {
  using file = Deno.openSync(path);
  return isLockedByOther(file, false);
}

/** Tries to lock a file; where the file system has no locks, it may be in use. */
function isLockedByOther(file: Deno.FsFile, exclusive: boolean): boolean {
  try {
    return !file.tryLockSync(exclusive);
  } catch {
    return true;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made.
  }
}

/** How to get into the cluster at a port of this host; undefined where this user has started none. */
export function findCredential(port: number, options: RuntimeOptions): Credential | undefined {
  for (const directory of privateDirectories(options)) {
    if (!isPrivate(directory)) continue;
    const path = join(directory, String(port));
    try {
      // Whoever listens there now would be told the secret of a cluster that has ended.
      if (isInUse(path)) return { principal: PRINCIPAL, secret: readSecretFile(path) };
    } catch {
      // No cluster of ours is at this port, or its secret is not in this directory.
    }
  }
  return undefined;
}
