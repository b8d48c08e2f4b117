/**
 * HyperQueue on the same machine, with the same jobs: a scheduler that needs no Mesos. It is
 * installed from PyPI into a temporary environment.
 *
 * @see https://it4innovations.github.io/hyperqueue/
 * @module
 */

import { join } from "node:path";

const PACKAGE = "hyperqueue==0.27.0";
const INSTALL_TIMEOUT_MS = 60_000;

const SCRIPT = `
import sys, time
from hyperqueue import Job
from hyperqueue.cluster import LocalCluster, WorkerConfig
count, slots = int(sys.argv[1]), int(sys.argv[2])
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=slots))
    client = cluster.client()
    job = Job()
    for _ in range(count):
        job.program(["sh", "-c", "true"])
    start = time.time()
    client.wait_for_jobs([client.submit(job)])
    print(count / (time.time() - start))
`;

/** Tasks a second; a text says why it can't be measured. */
export async function measureHyperQueue(
  { jobs, slots, limitMs }: { jobs: number; slots: number; limitMs: number },
): Promise<number | string> {
  const directory = await Deno.makeTempDir({ prefix: "toil-mesos-bench-hq-" });
  try {
    const venv = join(directory, "venv");
    const made = await run(["python3", "-m", "venv", venv], {
      directory,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (made.error) return `no Python environment: ${made.error}`;
    const python = join(venv, "bin/python");
    const installed = await run(
      [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE],
      { directory, timeoutMs: INSTALL_TIMEOUT_MS },
    );
    if (installed.error) return `${PACKAGE} cannot be installed: ${installed.error}`;
    const measured = await run([python, "-c", SCRIPT, String(jobs), String(slots)], {
      directory,
      timeoutMs: limitMs,
    });
    return measured.error ?? Number(measured.output.trim().split("\n").at(-1));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(
  [program = "", ...args]: string[],
  { directory, timeoutMs }: { directory: string; timeoutMs: number },
): Promise<{ output: string; error?: string }> {
  try {
    // What it starts ends with it.
    const { success, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["--kill-after=5", String(timeoutMs / 1000), program, ...args],
      cwd: directory,
      // HyperQueue does not remove its temporary files.
      env: { HOME: directory, TMPDIR: directory },
    }).output();
    const [output, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (success) return { output: output ?? "" };
    return { output: "", error: complaint?.trim().split("\n").at(-1) || "it took too long" };
  } catch (error) {
    return { output: "", error: String(error) };
  }
}
