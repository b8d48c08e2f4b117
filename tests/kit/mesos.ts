/**
 * The Mesos that the suite runs on: the one that `TOIL_MESOS_TEST_ENDPOINT` names, or else an
 * embedded one. All that is known of it is what any Mesos tells over HTTP.
 *
 * @module
 */

import { authorization, type Credential } from "../../mesos/http/credential.ts";
import { MEBIBYTE } from "../../support/units.ts";
import { commandOf } from "./program.ts";

const ENDPOINT_VARIABLE = "TOIL_MESOS_TEST_ENDPOINT";

/** What `/state` of a master says, as far as the suite wants to know. */
export interface MasterState {
  /** The agents. */
  slaves: AgentModel[];
  /** The frameworks that are there. */
  frameworks: FrameworkModel[];
  /** Those that are not any more. */
  completed_frameworks: FrameworkModel[];
}

interface AgentModel {
  id: string;
  hostname: string;
  pid: string;
  active: boolean;
  attributes: { preemptible?: string };
  resources: { cpus: number; mem: number; disk: number };
}

interface FrameworkModel {
  id: string;
  name: string;
}

/** What `/state` of an agent says. */
interface AgentState {
  frameworks: { id: string; executors: { directory: string }[] }[];
}

/** An agent that takes tasks. */
export interface Agent {
  /** Mesos' id of it. */
  id: string;
  /** Its IP address. */
  address: string;
  /** Its host name. */
  hostname: string;
  /** `HOST:PORT`. */
  endpoint: string;
  /** Whether it can be taken away. */
  preemptible: boolean;
  /** Cores. */
  cores: number;
  /** Bytes. */
  memoryBytes: number;
}

/** A Mesos for tests. */
export class Mesos {
  #endpoint = Deno.env.get(ENDPOINT_VARIABLE);
  #process: Deno.ChildProcess | undefined;
  /** What it asks its clients to prove. */
  credential: Credential | undefined;

  /** `HOST:PORT` of the master. */
  get endpoint(): string {
    if (this.#endpoint === undefined) throw new Error("Cannot name the Mesos: it is not started");
    return this.#endpoint;
  }

  /** Starts the embedded one, if none is named. */
  async start(): Promise<void> {
    if (this.#endpoint !== undefined) return;
    const [file = "", ...args] = commandOf("tests/kit/embedded_mesos.ts");
    this.#process = new Deno.Command(file, {
      args,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { address, credential } = JSON.parse((await lines.read()).value ?? "{}");
    this.#endpoint = address;
    this.credential = credential;
    await lines.cancel();
  }

  /** Ends it, if it was started here. */
  async stop(): Promise<void> {
    await this.#process?.stdin.close();
    await this.#process?.status;
  }

  /** What the master says. */
  async state(): Promise<MasterState> {
    return await this.#get(this.endpoint, "/state");
  }

  /** The agents that take tasks; first those that can't be taken away. */
  async agents(): Promise<Agent[]> {
    const { slaves } = await this.state();
    return slaves.filter(({ active }) => active).map(toAgent)
      .sort((a, b) => Number(a.preemptible) - Number(b.preemptible));
  }

  /** The sandboxes of a framework's executors on the agents of a node. */
  async sandboxes(address: string, frameworkId: string): Promise<string[]> {
    const ofNode = (await this.agents()).filter((agent) => agent.address === address);
    const states = await Promise.all(
      ofNode.map(({ endpoint }) => this.#get<AgentState>(endpoint, "/state")),
    );
    return states.flatMap(({ frameworks }) => frameworks)
      .filter(({ id }) => id === frameworkId)
      .flatMap(({ executors }) => executors.map(({ directory }) => directory));
  }

  async #get<T>(endpoint: string, path: string): Promise<T> {
    const headers = authorization(this.credential);
    const response = await fetch(`http://${endpoint}${path}`, { headers });
    return await response.json();
  }
}

let shared: Mesos | undefined;

/**
 * A Mesos for all tests of this isolate: of the calling file, or of the files that one module
 * imports. It is started before the first and ended after the last.
 */
export function useMesos(): Mesos {
  if (shared) return shared;
  const mesos = new Mesos();
  Deno.test.beforeAll(() => mesos.start());
  Deno.test.afterAll(() => mesos.stop());
  return shared = mesos;
}

function toAgent({ id, hostname, pid, attributes, resources }: AgentModel): Agent {
  const endpoint = pid.slice(pid.indexOf("@") + 1);
  return {
    id,
    hostname,
    endpoint,
    address: endpoint.slice(0, endpoint.lastIndexOf(":")),
    preemptible: attributes.preemptible === "true",
    cores: resources.cpus,
    memoryBytes: resources.mem * MEBIBYTE,
  };
}
