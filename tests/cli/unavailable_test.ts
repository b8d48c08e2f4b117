import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { startOpenCluster } from "../../cluster/testing.ts";
import { ROOT } from "../kit/sources.ts";
import { Workplace } from "../kit/workplace.ts";

const TLS = join(ROOT, "tests/tls");

/** Listens until the end of the block, and answers whatever is asked with this. */
function serve(
  answer: () => Response,
  tls: { cert: string; key: string } | object = {},
) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
    async (request) => {
      await request.bytes();
      return answer();
    },
  );
  return {
    port: (server.addr as Deno.NetAddr).port,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A port that nobody listens at. */
function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Runs a job where there is no Mesos; gives what is said of that, line by line. */
async function attempt(
  endpoint: string,
  { patience = "2s", caFile }: { patience?: string; caFile?: string } = {},
): Promise<string[]> {
  await using place = await Workplace.create();
  const { code, stdout, stderr } = await place.run([
    ...["scheduler", "--endpoint", endpoint, "--jobs", await place.jobs([{ command: "true" }])],
    ...["--registration-timeout", patience, ...(caFile ? ["--ca-file", caFile] : [])],
  ]);
  assertEquals([code, stdout], [3, ""], stderr);
  return stderr.trimEnd().split("\n");
}

function warnings(lines: readonly string[]): string[] {
  return lines.filter((line) => / WARN +mesos: /.test(line));
}

Deno.test("scheduler warns of each attempt to reach Mesos, and then gives up", async () => {
  const endpoint = `127.0.0.1:${closedPort()}`;
  const lines = await attempt(endpoint);
  assertMatch(lines[0] ?? "", new RegExp(` INFO  mesos: Looking for Mesos at http://${endpoint}$`));
  assert(warnings(lines).length > 0);
  assertEquals(warnings(lines).length, lines.length - 2);
  for (const line of warnings(lines)) assertStringIncludes(line, `Cannot reach http://${endpoint}`);
  assertStringIncludes(
    lines.at(-1) ?? "",
    `toil-mesos: Cannot register with Mesos within 2 s: Cannot reach http://${endpoint}: `,
  );
});

Deno.test("scheduler gives up a server that is no Mesos, with what it says", async () => {
  await using missing = serve(() => new Response("no such page", { status: 404 }));
  await using garbage = serve(() => new Response("<html>welcome</html>"));
  const [ofMissing, ofGarbage] = await Promise.all([
    attempt(`http://127.0.0.1:${missing.port}`),
    attempt(`http://127.0.0.1:${garbage.port}`),
  ]);
  assertStringIncludes(ofMissing.at(-1) ?? "", "HTTP 404 no such page");
  assertStringIncludes(ofGarbage.at(-1) ?? "", "Cannot read RecordIO at byte 0");
});

Deno.test("scheduler says of the address of an agent that it is one", async () => {
  const { agent, stop } = await startOpenCluster({ agent: { executorSecret: "s3cret" } });
  const open = await startOpenCluster();
  // So says a real one.
  const words = "Failed to parse body into a protobuf object";
  await using real = serve(() => new Response(words, { status: 400 }));
  try {
    for (const host of [agent.url.host, open.agent.url.host, `127.0.0.1:${real.port}`]) {
      const lines = await attempt(host, { patience: "1h" });
      assertStringIncludes(
        lines.at(-1) ?? "",
        `Cannot subscribe at http://${host}: this is a Mesos agent; use the address of the master`,
      );
    }
  } finally {
    await Promise.all([stop(), open.stop()]);
  }
});

Deno.test("scheduler gives up who takes its call and says nothing, by name", async () => {
  // What connects to it is taken by the system, and never heard of again.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr;
  const [ofSilent, ofZooKeeper, ofNobody] = await Promise.all([
    attempt(`http://127.0.0.1:${port}`),
    attempt(`zk://127.0.0.1:${port}/mesos`, { patience: "8s" }),
    attempt(`zk://127.0.0.1:${closedPort()}/mesos`),
  ]);
  assertStringIncludes(ofSilent.at(-1) ?? "", `:${port}: no answer yet`);
  assertStringIncludes(
    ofZooKeeper.at(-1) ?? "",
    `Cannot use ZooKeeper at 127.0.0.1:${port}: no answer`,
  );
  assertStringIncludes(ofNobody.at(-1) ?? "", "connection refused or lost");
});

Deno.test("scheduler tries no longer where it is refused", async () => {
  const headers = { "WWW-Authenticate": 'Basic realm="mesos-master-scheduler"' };
  let calls = 0;
  await using master = serve(() => {
    calls++;
    return new Response("", { status: 401, headers });
  });
  const lines = await attempt(`127.0.0.1:${master.port}`, { patience: "1h" });
  assertStringIncludes(
    lines.at(-1) ?? "",
    "HTTP 401; authenticate with --principal and --secret-file",
  );
  assertEquals(calls, 1);
});

Deno.test("scheduler trusts no master but those whose certificate it can check", async () => {
  const cert = await Deno.readTextFile(join(TLS, "server.pem"));
  const key = await Deno.readTextFile(join(TLS, "server.key"));
  await using master = serve(() => new Response("x", { status: 404 }), { cert, key });
  const endpoint = `https://127.0.0.1:${master.port}`;
  const caFile = join(TLS, "ca.pem");
  // Five programs start at the same time.
  const patience = "6s";
  const [withOther, withoutAny, ...withRight] = await Promise.all([
    attempt(endpoint, { patience, caFile: join(TLS, "server.pem") }),
    attempt(endpoint, { patience }),
    attempt(endpoint, { patience, caFile }),
    attempt(`https://localhost:${master.port}`, { patience, caFile }),
    // Who names whom to trust does not want to speak in the clear.
    attempt(`127.0.0.1:${master.port}`, { patience, caFile }),
  ]);
  for (const lines of [withOther, withoutAny]) {
    assertStringIncludes(lines?.at(-1) ?? "", "certificate");
  }
  for (const lines of withRight) assertStringIncludes(lines.at(-1) ?? "", "HTTP 404");
});
