/**
 * From options to a batch system that is ready to start: endpoint, credentials, store, temporary
 * directory, deployment and settings.
 *
 * @module
 */

import { userInfo } from "node:os";
import { markPrivate } from "../resource/private_directory.ts";
import { Resource } from "../resource/resource.ts";
import { MesosBatchSystem } from "../scheduler/batch_system.ts";
import { MemoryStore } from "../scheduler/store/memory_store.ts";
import { SqliteStore } from "../scheduler/store/sqlite_store.ts";
import type { Store } from "../scheduler/store/store.ts";
import { SYSTEM_CLOCK } from "../support/clock.ts";
import { cpuCount } from "../support/cpu_count.ts";
import { reasonOf } from "../support/reason.ts";
import { UsageError } from "../support/usage_error.ts";
import { privateDirectories } from "./runtime_directory.ts";
import type { BatchSystemOptions } from "./batch_system_options.ts";
import { SELF_URI } from "./executor_command.ts";
import { Deployer } from "./deployer.ts";
import { isLocal, openEndpoint } from "./endpoint.ts";
import { LoopbackWatch } from "./loopback_watch.ts";
import { readExecutorCertificates, readMesosAccess } from "./mesos_access.ts";
import { AgentFiles, type AgentFilesOptions } from "../mesos/agent_files.ts";
import { MasterAgents } from "../mesos/master_agents.ts";
import { authorization } from "../mesos/http/credential.ts";
import { connectTo } from "./mesos_connection.ts";
import { toBatchSystemConfig } from "./batch_system_settings.ts";
import { checkStateDirectory } from "./state_directory.ts";
import { checkWorkDirectory } from "./work_directory.ts";
import { RunDirectory } from "./temporary_directory.ts";
import { thisProgram } from "./this_program.ts";

/** What to do where nodes can't fetch from this process. */
const ADVERTISE = "give --advertise the address of this host that the nodes reach";

/** What to do where they can't fetch from where the user has put the program. */
const EXECUTOR_URI = "give an --executor-uri that the nodes reach";

/** A batch system that has read its store and is not started. */
export interface OpenBatchSystem {
  /** To be started, and shut down before the resources are disposed of. */
  readonly batchSystem: MesosBatchSystem;
  /** To be set before the start, so that jobs of an earlier run have it. */
  readonly userScript: Resource | undefined;
  /**
   * Deploys another file or directory to every node.
   *
   * @throws {UserScriptError} when it cannot be deployed.
   */
  readonly deployUserScript: (path: string) => Promise<Resource>;
  /** How to read files of the agents. */
  readonly agents: Required<AgentFilesOptions>;
  /** Whether the Mesos, and every job on it, ends with the resources. */
  readonly isTemporary: boolean;
}

/** What an opening works with. */
export interface OpenContext {
  /** Takes over all that must be closed after the batch system. */
  readonly resources: AsyncDisposableStack;
  /** Names the runtime directory, which has the secret of an embedded Mesos of the same user. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the process has no other use than this batch system. */
  readonly ownsProcess?: boolean;
  /** Files that the caller writes: they are left out of the user script. */
  readonly outputs?: readonly string[];
  /** Whether clients may deploy a user script while the scheduler runs. @default {false} */
  readonly mayDeployLater?: boolean;
  /** Ends the wait for an embedded Mesos. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a batch system.
 *
 * @throws {UsageError} when an option cannot be used.
 * @throws {UserScriptError} when the user script cannot be deployed.
 */
export async function openBatchSystem(
  options: BatchSystemOptions,
  { resources, environment, outputs = [], mayDeployLater = false, signal, ownsProcess }:
    OpenContext,
): Promise<OpenBatchSystem> {
  const access = readMesosAccess(options);
  const executorCertificates = readExecutorCertificates(options);
  checkUser(options);
  if (options.workDir !== undefined) checkWorkDirectory(options.workDir);
  const program = thisProgram();
  const store = resources.adopt(openStore(options), (each) => each.close());
  if (options.state !== undefined) markPrivate(options.state);
  const { path: directory } = resources.use(await RunDirectory.create(options.state));
  const mesos = resources.use(
    await openEndpoint(options.endpoint, {
      directory,
      credential: access.credential,
      runtime: { environment },
      ...(signal ? { signal } : {}),
    }),
  );
  const { endpoint, credential } = mesos;
  const createDriver = await connectTo({ ...access, endpoint, credential });
  // A user's credential is for the master alone; that of an embedded Mesos is for its agents, too.
  const headers = access.credential ? {} : authorization(credential);
  const { caCertificates } = access;
  const agents = { caCertificates: joined([caCertificates, executorCertificates]), headers };
  const agentFiles = resources.use(new AgentFiles(agents));
  const masterAgents = resources.use(
    new MasterAgents({ caCertificates, headers: authorization(credential) }),
  );
  const deployment = {
    userScriptExclude: options.userScriptExclude ?? [],
    ownPlaces: [
      ...[directory, ...outputs, ...ownPlaces(options)],
      ...privateDirectories({ environment }),
    ],
    selfFile: program.file,
    endpoint: mesos.endpoint,
    advertise: options.advertise,
    directory,
  };
  const { userScript, toilResource, executorUri } = options;
  const deployer = resources.use(await Deployer.open({ ...deployment, userScript, executorUri }));
  const watch = new LoopbackWatch();
  watch.gives(deployer.userScript?.url, ADVERTISE);
  watch.gives(deployer.executorUri, executorUri === SELF_URI ? ADVERTISE : EXECUTOR_URI);
  const config = toBatchSystemConfig(options, {
    temporaryDirectory: directory,
    selfCommand: program.command,
    executorUri: deployer.executorUri,
    executorCertificates,
    mayDeployLater,
    isTemporary: mesos.isTemporary,
    hostname: Deno.hostname(),
    user: currentUser(),
    principal: credential?.principal ?? options.principal,
    cpus: cpuCount(),
  });
  const batchSystem = new MesosBatchSystem(config, {
    store,
    now: SYSTEM_CLOCK.now,
    createDriver,
    ownsProcess,
    readTail: (file, maxBytes) => agentFiles.readTail(file, maxBytes),
    listAgents: (master) => masterAgents.list(master),
    resources,
  });
  batchSystem.messageBus.subscribe((event) => {
    if (event.type === "NODE_SEEN") watch.sees(event.node);
  });
  return {
    batchSystem,
    userScript: toilResource === undefined ? deployer.userScript : Resource.unpickle(toilResource),
    deployUserScript: async (path) => {
      const deployed = await deployer.deploy(path);
      watch.gives(deployed.url, ADVERTISE);
      return deployed;
    },
    agents,
    isTemporary: mesos.isTemporary,
  };
}

/** Certificates of several files; undefined where there are none. */
function joined(texts: readonly (string | undefined)[]): string | undefined {
  return texts.filter((text) => text !== undefined).join("\n") || undefined;
}

/** An embedded Mesos has no other user to give. */
function checkUser({ endpoint, user = currentUser() }: BatchSystemOptions): void {
  if (!isLocal(endpoint) || user === currentUser() || user === String(Deno.uid())) return;
  throw new UsageError(
    `--user: an embedded Mesos runs executors as ${currentUser()}, who starts it, not as ${user}; ` +
      "leave the option out, or give the --endpoint of a Mesos that runs as root",
  );
}

/** Where a run writes, or keeps secrets: none of it belongs in a user script. */
function ownPlaces({ state, batchLogsDir, workDir, secretFile }: BatchSystemOptions): string[] {
  return [state, batchLogsDir, workDir, secretFile].filter((path) => path !== undefined);
}

function openStore({ state, restoredState = false }: BatchSystemOptions): Store {
  if (state === undefined) {
    if (restoredState) throw new UsageError("--restored-state needs --state");
    return new MemoryStore();
  }
  checkStateDirectory(state);
  try {
    return new SqliteStore(state, { isRestored: restoredState });
  } catch (error) {
    throw new UsageError(reasonOf(error), { cause: error });
  }
}

/** In a container the user often has only a number. */
function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(Deno.uid());
  }
}
