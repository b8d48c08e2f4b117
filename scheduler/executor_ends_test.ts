import { assertEquals } from "@std/assert";
import { AgentFiles } from "../mesos/agent_files.ts";
import { type ExecutorEnded, ExecutorEnds } from "./executor_ends.ts";

function ended(rest: Partial<ExecutorEnded> = {}): ExecutorEnded {
  return {
    type: "EXECUTOR_ENDED",
    node: "10.0.0.5",
    agentId: "a1",
    agentUrl: "http://10.0.0.5:5051",
    executorId: "e1",
    status: 256,
    ...rest,
  };
}

Deno.test("ExecutorEnds.tell() fetches the reason once for each node and way to end", async () => {
  const paths: string[] = [];
  const ends = new ExecutorEnds(({ agentUrl, path }) => {
    paths.push(`${agentUrl}${path}`);
    return Promise.resolve("no such module");
  });
  await ends.tell(ended(), "f");
  await ends.tell(ended({ executorId: "e2" }), "f");
  await ends.tell(ended({ status: 0 }), "f");
  await ends.tell(ended({ status: 9 }), "f");
  await ends.tell(ended({ node: "10.0.0.6" }), "f");
  await ends.tell(ended({ node: "10.0.0.7", agentUrl: undefined }), "f");
  assertEquals(paths.length, 3);
  assertEquals(paths[0], "http://10.0.0.5:5051/frameworks/f/executors/e1/runs/latest/stderr");
});

Deno.test("ExecutorEnds.tell() survives an agent that can't be read from", async () => {
  const ends = new ExecutorEnds(() => Promise.reject(new Error("HTTP 403")));
  await ends.tell(ended(), "f");
});

Deno.test("AgentFiles.readTail() asks for the size first, and then for the last bytes", async () => {
  const asked: string[] = [];
  const content = "x".repeat(100) + "the end\n";
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { searchParams } = new URL(request.url);
    asked.push(searchParams.get("path") ?? "");
    const offset = Number(searchParams.get("offset"));
    if (searchParams.get("path") === "/missing") return new Response(null, { status: 404 });
    return Response.json(
      offset === -1
        ? { offset: content.length, data: "" }
        : { offset, data: content.slice(offset, offset + Number(searchParams.get("length"))) },
    );
  });
  await using files = new AgentFiles();
  const agentUrl = `http://127.0.0.1:${server.addr.port}`;
  assertEquals(await files.readTail({ agentUrl, path: "/a b" }, 8), "the end\n");
  assertEquals(asked, ["/a b", "/a b"]);
  const missing = await files.readTail({ agentUrl, path: "/missing" }, 8).catch(String);
  assertEquals(missing, "Error: Cannot read /missing: HTTP 404");
});

Deno.test("ExecutorEnds.tell() asks few agents at a time, and others later again", async () => {
  const answers: (() => void)[] = [];
  const ends = new ExecutorEnds(() =>
    new Promise((resolve) => answers.push(() => resolve("no such module")))
  );
  const tellAll = (from: number) =>
    Array.from({ length: 1_000 }, (_, i) => ends.tell(ended({ node: `node-${from + i}` }), "f"));
  const told = tellAll(0);
  const asked = answers.length;
  assertEquals(asked > 0 && asked < 100, true, `${asked} requests`);
  for (const answer of answers.splice(0)) answer();
  await Promise.all(told);
  tellAll(1_000);
  assertEquals(answers.length, asked);
});
