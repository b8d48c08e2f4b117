/**
 * A real ZooKeeper for tests: the one that is installed, or Debian's packages, unpacked into a
 * temporary directory.
 *
 * @module
 */

import { join } from "node:path";
import { asError } from "../../support/reason.ts";
import { freePort } from "./ports.ts";
import { waitFor } from "./wait_for.ts";

const PACKAGES = [
  "libzookeeper-java",
  "libslf4j-java",
  "libnetty-java",
  "libdropwizard-metrics-java",
  "libsnappy-java",
  "libcommons-io-java",
];

const INSTALLED = "/usr/share/java";
const JARS = [
  "zookeeper",
  "zookeeper-jute",
  "slf4j-api",
  "slf4j-simple",
  "metrics-core",
  "netty-common",
  "netty-handler",
  "netty-transport",
  "netty-buffer",
  "snappy-java",
  "commons-io",
];

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, stdout: "null" })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A directory with the jars. */
async function findJars(directory: string): Promise<string> {
  if (exists(`${INSTALLED}/zookeeper.jar`)) return INSTALLED;
  await run("apt-get", ["download", ...PACKAGES], directory);
  for (const { name } of [...Deno.readDirSync(directory)]) {
    if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", name, "unpacked"], directory);
  }
  return join(directory, `unpacked${INSTALLED}`);
}

/**
 * Finds a ZooKeeper: a directory with its jars, or why there can be none here. What had to be
 * unpacked is there until this isolate ends.
 */
export async function findZooKeeper(): Promise<{ jars: string; obstacle?: string }> {
  const directory = await Deno.makeTempDir();
  addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  try {
    await run("java", ["-version"], directory);
    return { jars: await findJars(directory) };
  } catch (error) {
    return { jars: "", obstacle: asError(error).message.split("\n")[0] ?? "" };
  }
}

/** How long a server has for an answer, in milliseconds: one that is starting may never give it. */
const ANSWER_MS = 500;

/** Whether a server answers for itself: its port is open some time before. */
async function answers(port: number): Promise<boolean> {
  let patience: ReturnType<typeof setTimeout> | undefined;
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    patience = setTimeout(() => connection.close(), ANSWER_MS);
    await connection.write(new TextEncoder().encode("srvr"));
    const buffer = new Uint8Array(4096);
    let text = "";
    for (let length; (length = await connection.read(buffer)) !== null;) {
      text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    return text.includes("Mode:");
  } catch {
    return false;
  } finally {
    clearTimeout(patience);
  }
}

/** A running ZooKeeper. */
export class ZooKeeperServer {
  readonly port: number;
  readonly #directory: string;
  readonly #jars: string;
  #process: Deno.ChildProcess | undefined;

  private constructor(parts: { port: number; directory: string; jars: string }) {
    this.port = parts.port;
    this.#directory = parts.directory;
    this.#jars = parts.jars;
  }

  /** Starts one on a free port. */
  static async start(jars: string): Promise<ZooKeeperServer> {
    const directory = await Deno.makeTempDir({ prefix: "toil-mesos-zookeeper-" });
    const port = freePort();
    await Deno.writeTextFile(
      join(directory, "zoo.cfg"),
      [
        "tickTime=500",
        "minSessionTimeout=1000",
        `dataDir=${directory}/data`,
        `clientPort=${port}`,
        "clientPortAddress=127.0.0.1",
        "admin.enableServer=false",
      ].join("\n"),
    );
    const server = new ZooKeeperServer({ port, directory, jars });
    await server.resume();
    return server;
  }

  /** `HOST:PORT`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it again, with the data that it had. */
  async resume(): Promise<void> {
    const classPath = JARS.map((jar) => `${this.#jars}/${jar}.jar`).join(":");
    this.#process = new Deno.Command("java", {
      args: [
        // It starts with less work, and has little to do.
        ...["-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
        "-cp",
        classPath,
        "org.apache.zookeeper.server.ZooKeeperServerMain",
        "zoo.cfg",
      ],
      cwd: this.#directory,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitFor(() => answers(this.port), "ZooKeeper to listen");
  }

  /** Forgets all nodes and all sessions. To be called while it is killed. */
  async forget(): Promise<void> {
    await Deno.remove(join(this.#directory, "data"), { recursive: true });
  }

  /** Kills it; its data stays. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Ends it, and removes everything. */
  async stop(): Promise<void> {
    await this.kill();
    await Deno.remove(this.#directory, { recursive: true });
  }
}
