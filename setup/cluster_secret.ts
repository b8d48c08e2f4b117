/**
 * The secret of an embedded cluster: a file in its work directory, and a copy in a directory of the
 * user's own, named by the port, where schedulers of the same user on the same host find it.
 *
 * @module
 */

import { join } from "node:path";
import { newSecret, PRINCIPAL } from "../cluster/cluster.ts";
import type { Credential } from "../mesos/http/credential.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import { readSecretFile } from "./secret_file.ts";

/** The name of the file in the work directory. */
const SECRET_NAME = "secret";

/** Anything that users other than the owner may do. */
const OTHERS = 0o077;

/** Where the private directory is without `XDG_RUNTIME_DIR`. */
const SHARED_DIRECTORY = "/tmp";

/** Where a user's private directories may be. */
export interface RuntimeOptions {
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** A directory that all users may write to. @default {SHARED_DIRECTORY} */
  readonly sharedDirectory?: string;
}

/**
 * The secret in a work directory, made on first use.
 *
 * @throws {UsageError} when it can't be written or read, or when others may read it.
 */
export function keepSecret(workDirectory: string): { secret: string; path: string } {
  const path = join(workDirectory, SECRET_NAME);
  const draft = `${path}.${crypto.randomUUID()}`;
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
 * Lets schedulers of this user on this host find the secret of the cluster at a port.
 *
 * @returns Withdraws it.
 * @throws {UsageError} when there is no private directory and none can be made.
 */
export function publishSecret(port: number, secret: string, options: RuntimeOptions): () => void {
  const directory = secretDirectories(options).find(makePrivate);
  if (directory === undefined) {
    throw new UsageError(
      "Cannot keep the cluster's secret: neither XDG_RUNTIME_DIR nor " +
        `${options.sharedDirectory ?? SHARED_DIRECTORY} has a directory that is this user's alone`,
    );
  }
  const path = join(directory, String(port));
  const draft = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(draft, secret, { mode: 0o600, createNew: true });
  Deno.renameSync(draft, path);
  return () => {
    try {
      // A later cluster at this port may have replaced it.
      if (Deno.readTextFileSync(path) === secret) Deno.removeSync(path);
      Deno.removeSync(directory);
    } catch {
      // It holds secrets of other clusters, or somebody has cleaned up.
    }
  };
}

/** How to get into the cluster at a port of this host; undefined where this user has started none. */
export function findCredential(port: number, options: RuntimeOptions): Credential | undefined {
  for (const directory of secretDirectories(options)) {
    if (!isPrivate(directory)) continue;
    try {
      const secret = readSecretFile(join(directory, String(port)));
      return { principal: PRINCIPAL, secret };
    } catch {
      // No cluster of ours is at this port, or its secret is not in this directory.
    }
  }
  return undefined;
}

/** Where secrets of embedded clusters of this user may be, the preferred directory first. */
export function secretDirectories({ environment, sharedDirectory }: RuntimeOptions): string[] {
  const runtime = environment["XDG_RUNTIME_DIR"];
  return [
    ...(runtime?.startsWith("/") && isOwn(runtime) ? [join(runtime, "toil-mesos")] : []),
    join(sharedDirectory ?? SHARED_DIRECTORY, `toil-mesos-${Deno.uid()}`),
  ];
}

function makePrivate(directory: string): boolean {
  try {
    Deno.mkdirSync(directory, { mode: 0o700 });
  } catch {
    // It is there already, or the check fails.
  }
  return isPrivate(directory);
}

function isPrivate(directory: string): boolean {
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
