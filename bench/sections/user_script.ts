/**
 * A large user script on its way from the scheduler to a node: memory in use, and one download for
 * all jobs that want it at once.
 *
 * @module
 */

import { join } from "node:path";
import { BoundedServer } from "../../http/bounded_server.ts";
import { fetchHandler } from "../../http/request_handler.ts";
import { Deployment } from "../../resource/deployment.ts";
import { DirectoryStore } from "../../resource/directory_store.ts";
import { Resource } from "../../resource/resource.ts";
import { parseSize } from "../../support/units.ts";
import { memoryOf, resetPeakMemory } from "../kit/cpu_time.ts";
import type { Section, SectionResult } from "../kit/figure.ts";
import { timed } from "../kit/statistics.ts";

/** Gives another size, such as 1Gi. */
const SIZE_VARIABLE = "TOIL_MESOS_BENCH_SCRIPT";
const DEFAULT_SIZE = "256Mi";
const JOBS = 64;
const BLOCK_BYTES = 64 * 1024;
const MAX_MEMORY_MIB = 64;

/** The section. */
export const userScriptSection: Section = { title: "A large user script", run };

async function run(): Promise<SectionResult> {
  const size = Deno.env.get(SIZE_VARIABLE) ?? DEFAULT_SIZE;
  const bytes = parseSize(size);
  const directory = await Deno.makeTempDir({ prefix: "toil-mesos-bench-script-" });
  try {
    const script = join(directory, "script");
    await writeRandom(script, bytes);
    const before = memoryOf("self", "VmRSS");
    resetPeakMemory();
    const store = new DirectoryStore(join(directory, "store"));
    const created = await timed(() => Resource.create(store, script));
    await using server = new CountingServer(join(directory, "store"));
    const resource = created.result.withUrl(
      created.result.url.replace(/^file:.*\//, server.address),
    );
    const deployment = new Deployment(join(directory, "node"));
    const pickled = resource.pickle();
    const deployed = await timed(() =>
      Promise.all(Array.from({ length: JOBS }, () => deployment.environmentFor(pickled)))
    );
    const peak = memoryOf("self", "VmHWM") - before;
    await deployment.clean();
    return {
      figures: [
        {
          name: "memory above idle",
          value: peak / 2 ** 20,
          unit: "MiB",
          note: `${size}, scheduler and node in one process`,
          target: { atMost: MAX_MEMORY_MIB },
        },
        { name: "packing", value: bytes / 1e3 / created.ms, unit: "MB/s" },
        { name: "download and unpacking", value: bytes / 1e3 / deployed.ms, unit: "MB/s" },
        {
          name: `downloads for ${JOBS} jobs at once`,
          value: server.requests,
          unit: "downloads",
          target: { atMost: 1 },
        },
      ],
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function writeRandom(path: string, bytes: number): Promise<void> {
  using file = await Deno.create(path);
  const block = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES));
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
    // Another in each place: what repeats would be packed away.
    crypto.getRandomValues(block.subarray(0, 1024));
    await file.write(block.subarray(0, Math.min(left, BLOCK_BYTES)));
  }
}

/** Serves the files of a directory, and counts how often it is asked. */
class CountingServer implements AsyncDisposable {
  requests = 0;
  readonly address: string;
  readonly #server: BoundedServer;

  constructor(directory: string) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.address = `http://127.0.0.1:${listener.addr.port}/`;
    const handler = fetchHandler(async ({ url }) => {
      this.requests++;
      const file = await Deno.open(join(directory, new URL(url).pathname));
      const { size } = await file.stat();
      return new Response(file.readable, {
        headers: { "Content-Length": String(size), Connection: "close" },
      });
    });
    this.#server = new BoundedServer(listener, handler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
