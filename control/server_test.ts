import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CopyingStore } from "../scheduler/store/testing.ts";
import { MAX_BODY_BYTES } from "./router.ts";
import { TestSite } from "./testing.ts";

Deno.test("POST /v1/jobs issues a job or an array of jobs", async () => {
  await using site = await TestSite.open();
  assertEquals(await site.call("POST", "/v1/jobs", { command: "true" }), {
    status: 200,
    answer: { jobIDs: [1] },
  });
  const jobs = [{ command: "a", name: "first", memory: "1Gi", cores: 0.5 }, { command: "b" }];
  assertEquals((await site.call("POST", "/v1/jobs", jobs)).answer, { jobIDs: [2, 3] });
  assertEquals((await site.call("POST", "/v1/jobs", [])).answer, { jobIDs: [] });
  const { answer } = await site.call("GET", "/v1/jobs/2");
  assertEquals(
    [answer.name, answer.command, answer.state, answer.cores, answer.memory, answer.history],
    ["first", "a", "waiting", 0.5, 2 ** 30, []],
  );
});

Deno.test("POST /v1/jobs refuses what is wrong, names the field, and issues nothing", async () => {
  await using site = await TestSite.open();
  const cases: [unknown, string | undefined, RegExp][] = [
    [{}, "command", /field 'command': is missing/],
    [[{ command: "a" }, { command: "b", cores: "x" }], "1.cores", /must be a number/],
    [{ command: "a", kores: 1 }, "kores", /unknown field 'kores'/],
    [{ command: "a", cores: 101 }, "cores", /asks for 101 of cores/],
    [{ command: "a", memory: "lots" }, "memory", /lots/],
    [7, undefined, /./],
    [null, undefined, /./],
  ];
  for (const [body, field, message] of cases) {
    const { status, answer } = await site.call("POST", "/v1/jobs", body);
    assertEquals([status, answer.error.code, answer.error.field], [400, "invalid", field]);
    assertMatch(answer.error.message, message);
  }
  const response = await site.fetch("/v1/jobs", { method: "POST", body: "{" });
  assertEquals(response.status, 400);
  assertStringIncludes((await response.json()).error.message, "not JSON");
  const twice = '{"command":"a","environment":{"K":"1","K":"2"}}';
  const ambiguous = await site.fetch("/v1/jobs", { method: "POST", body: twice });
  assertStringIncludes((await ambiguous.json()).error.message, "'environment.K': is given twice");
  const binary = await site.fetch("/v1/jobs", { method: "POST", body: new Uint8Array([0xff]) });
  assertStringIncludes((await binary.json()).error.message, "not UTF-8");
  const broken = "Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n";
  assertEquals(await site.raw(`POST /v1/jobs HTTP/1.1\r\n${broken}`), 400);
  assertEquals((await site.call("GET", "/v1/jobs")).answer, { jobs: [] });
});

/** Sends pieces until the server takes no more, and reads the answer meanwhile, as curl does. */
async function exchange({ address }: TestSite, pieces: Iterable<string | Uint8Array<ArrayBuffer>>) {
  using connection = "path" in address
    ? await Deno.connect({ transport: "unix", path: address.path })
    : await Deno.connect(address);
  const answer = (async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of connection.readable) text += decoder.decode(chunk);
    return text;
  })();
  for (const piece of pieces) {
    const bytes = await new Blob([piece]).bytes();
    try {
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    } catch {
      break;
    }
  }
  return await answer;
}

Deno.test("a body beyond the bound is refused, whether its length is told or not", async () => {
  const chunk = new Uint8Array(2 ** 20);
  const count = MAX_BODY_BYTES / chunk.length;
  const told = `Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`;
  const untold = "Transfer-Encoding: chunked\r\n\r\n";
  const chunks = Array<typeof chunk>(count).fill(chunk);
  const framed = chunks.flatMap((bytes) => [`${bytes.length.toString(16)}\r\n`, bytes, "\r\n"]);
  const bodies = [[told], [told, ...chunks, "x"], [untold, ...framed, "1\r\nx\r\n", "0\r\n\r\n"]];
  for (const address of [undefined, { hostname: "127.0.0.1", port: 0 }]) {
    await using site = await TestSite.open(address ? { address } : {});
    for (const body of bodies) {
      const head = "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
      const answer = await exchange(site, [head, ...body]);
      assertMatch(answer, /^HTTP\/1\.1 413 /);
      assertStringIncludes(answer, '"code":"tooLarge"');
      assertEquals((await site.call("GET", "/healthz")).status, 200);
    }
    assertEquals((await site.call("GET", "/v1/jobs")).answer, { jobs: [] });
  }
});

Deno.test("a request with a key issues nothing twice, and its key is for these jobs alone", async () => {
  const store = new CopyingStore();
  const key = { "idempotency-key": "k" };
  {
    await using site = await TestSite.open({ store });
    const jobs = [{ command: "a" }, { command: "b" }];
    for (let i = 0; i < 2; i++) {
      assertEquals((await site.call("POST", "/v1/jobs", jobs, key)).answer, { jobIDs: [1, 2] });
    }
    const { status, answer } = await site.call("POST", "/v1/jobs", { command: "c" }, key);
    assertEquals([status, answer.error.code], [409, "conflict"]);
    const long = { "idempotency-key": "k".repeat(300) };
    assertEquals((await site.call("POST", "/v1/jobs", { command: "c" }, long)).status, 400);
  }
  await using site = await TestSite.open({ store });
  const again = await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }], key);
  assertEquals(again.answer, { jobIDs: [1, 2] });
  assertEquals((await site.call("POST", "/v1/jobs", { command: "c" })).answer, { jobIDs: [3] });
});

Deno.test("a client may choose ids that were never given", async () => {
  await using site = await TestSite.open();
  const jobs = [{ command: "a" }, { command: "b" }];
  const issue = (query: string, key = query) =>
    site.call("POST", `/v1/jobs?${query}`, jobs, { "idempotency-key": key });
  for (let repeated = 0; repeated < 2; repeated++) {
    assertEquals((await issue("firstJobID=5")).answer, { jobIDs: [5, 6] });
  }
  const taken = await issue("firstJobID=6");
  assertEquals([taken.status, taken.answer.error.code], [409, "conflict"]);
  assertEquals((await site.call("POST", "/v1/jobs", { command: "c" })).answer, { jobIDs: [7] });
  assertEquals((await issue("firstJobID=0")).answer.error.field, "firstJobID");
  assertEquals((await site.call("GET", "/v1/jobs")).answer.jobs.length, 3);
});

Deno.test("updates come until they are acknowledged, also after a restart", async () => {
  const store = new CopyingStore();
  {
    await using site = await TestSite.open({ store });
    await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }, { command: "c" }]);
    const waiting = site.call("GET", "/v1/updates?wait=60");
    await site.finish();
    const first = await waiting;
    const { backingId } = first.answer.updates[0];
    assertMatch(backingId, /^1-1\b/);
    assertEquals(first.answer.updates, [{
      number: 1,
      jobID: 1,
      name: "a",
      exitStatus: 0,
      exitReason: "FINISHED",
      wallTime: 1.5,
      node: "ip-of-a1",
      message: "",
      backingId,
    }]);
    assertEquals(await site.call("GET", "/v1/updates?wait=60"), first);
    await site.finish(3);
    const numbers = async (query: string) =>
      (await site.call("GET", `/v1/updates?${query}`)).answer.updates.map((
        { number, jobID }: { number: number; jobID: number },
      ) => [number, jobID]);
    await site.scheduler.updates.next({ limit: 9, maxWaitMs: 0 });
    assertEquals(await numbers("ack=1&wait=60"), [[2, 2]]);
    assertEquals(await numbers("ack=1"), [[2, 2]]);
  }
  await using site = await TestSite.open({ store });
  assertEquals((await site.call("GET", "/v1/updates")).answer.updates.length, 1);
  assertEquals((await site.call("GET", "/v1/updates?ack=2")).answer.updates, []);
  assertEquals((await site.call("GET", "/v1/updates?wait=0.01")).answer.updates, []);
  const { status, answer } = await site.call("GET", "/v1/updates?ack=99");
  assertEquals([status, answer.error.field], [400, "ack"]);
});

Deno.test("jobs that nobody is told of have no update, and a history", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs?updates=false", { command: "exit 3" });
  const waiting = site.call("GET", "/v1/jobs/1?wait=60");
  await site.finish(3);
  const { answer } = await waiting;
  assertEquals([answer.state, answer.exitStatus, answer.exitReason], ["ended", 3, "FAILED"]);
  assertEquals(answer.history.length, 1);
  assertEquals((await site.call("GET", "/v1/updates")).answer.updates, []);
  const { answer: ended } = await site.call("GET", "/v1/jobs?order=end");
  assertEquals(ended.jobs.map(({ jobID }: { jobID: number }) => jobID), [1]);
});

Deno.test("a kill says of each job what became of it", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }]);
  await site.finish();
  await site.call("GET", "/v1/jobs/1?wait=60");
  assertEquals((await site.call("POST", "/v1/jobs/kill", { jobIDs: [1, 2, 77, 2] })).answer, {
    killed: [2],
    ended: [1],
    unknown: [77],
    unconfirmed: [],
  });
  assertEquals((await site.call("GET", "/v1/jobs/2")).answer.exitReason, "KILLED");
  const { updates } = (await site.call("GET", "/v1/updates")).answer;
  assertEquals(updates.length, 1, "the result of the job that had ended is still delivered");
  assertEquals([updates[0].jobID, updates[0].exitReason], [1, "FINISHED"]);
  const { answer } = await site.call("POST", "/v1/jobs/kill", { jobIDs: [2 ** 60] });
  assertEquals(answer.error.field, "jobIDs.0");
});

Deno.test("ids that are none, or of no job, are refused", async () => {
  await using site = await TestSite.open();
  const cases: [string, number, RegExp][] = [
    ["/v1/jobs/9007199254740993", 400, /from 1 to 2\^53/],
    ["/v1/jobs/9007199254740993/stdout", 400, /from 1 to 2\^53/],
    ["/v1/jobs?after=9007199254740993", 400, /at most 2\^53 - 1/],
    ["/v1/updates?ack=9007199254740993", 400, /at most 2\^53 - 1/],
    ["/v1/jobs/x", 400, /from 1 to 2\^53/],
    ["/v1/jobs/0", 400, /from 1 to 2\^53/],
    ["/v1/jobs/5", 404, /job 5: it was never issued/],
    ["/v1/nothing", 404, /nothing/],
  ];
  for (const [path, expected, message] of cases) {
    const { status, answer } = await site.call("GET", path);
    assertEquals(status, expected, path);
    assertMatch(answer.error.message, message);
  }
  assertEquals((await site.call("PATCH", "/v1/jobs")).status, 405);
  assertEquals((await site.call("GET", "/v1/jobs?limit=0")).answer.error.field, "limit");
  assertEquals((await site.call("GET", "/v1/jobs?limit=1&limit=2")).status, 400);
  assertEquals((await site.call("GET", "/v1/updates?wait=1e9")).answer.error.field, "wait");
  const inherited = await site.call("GET", "/v1/jobs?constructor=1");
  assertMatch(inherited.answer.error.message, /unknown field 'constructor'/);
});

Deno.test("nodes are listed, ignored and in use", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", { command: "a" });
  await site.launch();
  const { answer } = await site.call("GET", "/v1/nodes");
  assertEquals(
    answer.nodes.map(({ address, hostnames, workers }: Record<string, unknown>) => [
      address,
      hostnames,
      workers,
    ]),
    [["ip-of-a1", ["host-of-a1"], 1]],
  );
  assertEquals((await site.call("GET", "/v1/nodes?preemptible=true")).answer, { nodes: [] });
  assertEquals((await site.call("GET", "/v1/nodes/ip-of-a1/in-use")).answer, { inUse: true });
  assertEquals((await site.call("GET", "/v1/nodes/other/in-use")).answer, { inUse: false });
  const ignored = await site.call("PUT", "/v1/nodes/host-of-a1/ignored");
  assertEquals(ignored.answer, { ignored: ["host-of-a1"] });
  assertEquals((await site.call("GET", "/v1/nodes")).answer.nodes[0].ignored, true);
  const back = await site.call("DELETE", "/v1/nodes/host-of-a1/ignored");
  assertEquals(back.answer, { ignored: [] });
  const rested = await site.call("DELETE", "/v1/nodes/host-of-a1/ignored?rest=5");
  assertEquals(rested.status, 200);
  const never = await site.call("DELETE", "/v1/nodes/host-of-a1/ignored?rest=soon");
  assertEquals([never.status, never.answer.error.field], [400, "rest"]);
});

Deno.test("variables, user script, log level and shutdown are handed on", async () => {
  await using site = await TestSite.open();
  assertEquals((await site.call("PUT", "/v1/env/A", { value: "b" })).status, 200);
  const unset = await site.call("PUT", "/v1/env/NOT_SET_ANYWHERE");
  assertEquals([unset.status, unset.answer.error.field], [400, "value"]);
  for (const name of ["A%3D", "my.key", "%00", "%E2%80%AE"]) {
    const { status, answer } = await site.call("PUT", `/v1/env/${name}`, { value: "b" });
    assertEquals([status, answer.error.code], [400, "invalid"]);
  }
  for (const value of ["\0", "\ud800", "x".repeat(131_072)]) {
    assertEquals((await site.call("PUT", "/v1/env/A", { value })).status, 400);
  }
  assertEquals((await site.call("PUT", "/v1/user-script", { path: "/p" })).status, 200);
  assertEquals(site.asked.userScript, { path: "/p" });
  assertEquals((await site.call("PUT", "/v1/log-level", { level: "debug" })).status, 200);
  assertEquals(
    (await site.call("PUT", "/v1/log-level", { level: "x" })).answer.error.field,
    "level",
  );
  assertEquals((await site.call("POST", "/v1/shutdown")).status, 202);
  assertEquals(site.asked.shutdown, { keepJobs: false });
  await site.call("POST", "/v1/shutdown", { keepJobs: true });
  assertEquals(site.asked.shutdown, { keepJobs: true });
});

Deno.test("the status says what waits for what", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }]);
  const { answer } = await site.call("GET", "/v1/status");
  assertEquals([answer.version, answer.connected, answer.frameworkId], ["1.2.3", true, "f"]);
  assertEquals(answer.jobs.waiting, 2);
  assertEquals(answer.waiting.map(({ jobs, reason }: Record<string, unknown>) => [jobs, reason]), [
    [2, "no node has been offered yet"],
  ]);
  assertStringIncludes(answer.message, "2 jobs wait for 1 core");
  assertEquals((await site.call("GET", "/healthz")).answer, { status: "ok" });
});

Deno.test("over TCP a token is asked for, but for the health", async () => {
  await using site = await TestSite.open({
    address: { hostname: "127.0.0.1", port: 0 },
    token: "secret",
  });
  assertEquals((await site.call("GET", "/healthz")).status, 200);
  for (const authorization of ["", "Bearer wrong", "Bearer secretx", "Basic secret", "secret"]) {
    const response = await site.fetch("/v1/status", { headers: { authorization } });
    assertEquals([response.status, response.headers.get("www-authenticate")], [401, "Bearer"]);
    await response.body?.cancel();
  }
  const right = { authorization: "Bearer secret" };
  assertEquals((await site.call("GET", "/v1/status", undefined, right)).status, 200);
});

Deno.test("the pages of other sites, and other sites' names for this host, are refused", async () => {
  await using site = await TestSite.open();
  const refused: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
  ];
  for (const headers of refused) {
    const { status, answer } = await site.call("POST", "/v1/jobs", { command: "a" }, headers);
    assertEquals([status, answer.error.code], [403, "forbidden"], JSON.stringify(headers));
  }
  for (const headers of ["Host: evil.example", "Host: e.com:80\r\nOrigin: http://e.com:80"]) {
    assertEquals(await site.raw(`GET /v1/jobs HTTP/1.1\r\n${headers}\r\n\r\n`), 403);
  }
  for (const host of ["x", "[::1]:80", "127.0.0.1:8080", "a.localhost", Deno.hostname()]) {
    assertEquals(await site.raw(`GET /v1/jobs HTTP/1.1\r\nHost: ${host}\r\n\r\n`), 200, host);
  }
  const allowed: Record<string, string>[] = [
    { origin: "http://localhost" },
    { "sec-fetch-site": "same-origin" },
  ];
  for (const headers of allowed) {
    assertEquals((await site.call("GET", "/v1/jobs", undefined, headers)).status, 200);
  }
});

Deno.test("the output of a job whose node is gone can't be had, and the answer names the node", async () => {
  await using site = await TestSite.open();
  await site.call("POST", "/v1/jobs", [{ command: "a" }, { command: "b" }]);
  const waits = await site.call("GET", "/v1/jobs/2/stdout");
  assertEquals(waits.status, 404);
  assertStringIncludes(waits.answer.error.message, "it has not started yet");
  await site.finish();
  for (const stream of ["stdout", "stderr"]) {
    const { status, answer } = await site.call("GET", `/v1/jobs/1/${stream}`);
    assertEquals([status, answer.error.code], [502, "unavailable"]);
    const message =
      `Cannot read ${stream} of job 1: node ip-of-a1 can't be reached or refuses: Cannot reach`;
    assertStringIncludes(answer.error.message, message);
  }
});
