/**
 * A scheduler as a service: a process that clients use while it runs.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { waitFor } from "../kit/wait_for.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

/** Talks to a scheduler on a Unix socket. */
async function call(path: string, method: string, url: string, body?: unknown) {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  try {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`http://localhost${url}`, { method, client, ...init });
    return await response.json();
  } finally {
    client.close();
  }
}

async function listening(scheduler: Running): Promise<void> {
  await waitFor(() => scheduler.stderr.includes("Listening on"), "a scheduler that listens");
}

Deno.test("a scheduler without jobs serves clients until it is told to stop", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const scheduler = place.start(
    ["scheduler", "--endpoint", "local", "--listen", `unix:${socket}`],
    {
      env: { XDG_STATE_HOME: place.at("home") },
    },
  );
  await listening(scheduler);
  assertEquals((Deno.statSync(socket).mode ?? 0) & 0o777, 0o600);
  const jobs = [{ command: "echo hello" }, { command: "exit 3" }, { command: "true", local: true }];
  assertEquals(await call(socket, "POST", "/v1/jobs", jobs), { jobIDs: [1, 2, 3] });
  const statuses: Record<number, number> = {};
  let ack = 0;
  while (Object.keys(statuses).length < 3) {
    const { updates } = await call(socket, "GET", `/v1/updates?wait=30&ack=${ack}`);
    for (const { jobID, exitStatus, number } of updates) {
      assert(!(jobID in statuses));
      statuses[jobID] = exitStatus;
      ack = number;
    }
  }
  assertEquals(statuses, { 1: 0, 2: 3, 3: 0 });
  assertEquals(await call(socket, "POST", "/v1/shutdown"), {});
  const { code, stderr } = await scheduler.ended;
  assertEquals(code, 0);
  assertStringIncludes(stderr, "Stopped");
  assertEquals([...Deno.readDirSync(place.at("home", "toil-mesos"))].length > 0, true);
  assertEquals(await Deno.stat(socket).catch(() => "none"), "none");
});

Deno.test("jobs and updates survive a scheduler that is killed", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const args = [
    "scheduler",
    "--endpoint",
    "local",
    "--state",
    "state",
    "--listen",
    `unix:${socket}`,
  ];
  const first = place.start(args);
  await listening(first);
  await call(socket, "POST", "/v1/jobs", [{ command: "true" }, { command: "sleep 600" }]);
  const [update] = (await call(socket, "GET", "/v1/updates?wait=30")).updates;
  assertEquals([update.jobID, update.exitStatus], [1, 0]);
  first.kill("SIGKILL");
  await first.ended;
  await place.empty();
  // The socket file is left; nobody listens.
  const second = place.start(args);
  await listening(second);
  assertEquals((await call(socket, "GET", "/v1/updates?wait=30")).updates[0], update);
  const { updates } = await call(socket, "GET", "/v1/updates?wait=30&ack=1");
  // The embedded Mesos has ended with the first one.
  assertEquals([updates[0].jobID, updates[0].exitReason], [2, "LOST"]);
  second.kill("SIGTERM");
  assertEquals((await second.ended).code, 0);
  await place.sweep();
});

Deno.test("a socket that is taken, too long or no socket is refused", async () => {
  await using place = await Workplace.create();
  const listen = (address: string) =>
    place.run(["scheduler", "--endpoint", "local", "--listen", address, "--state", "other"]);
  const first = place.start(["scheduler", "--endpoint", "local", "--listen", "unix:s"], {
    env: { HOME: place.at("home") },
  });
  await listening(first);
  Deno.writeTextFileSync(place.at("file"), "");
  const cases: [string, string][] = [
    ["unix:s", "another scheduler does"],
    ["unix:file", "is not a socket"],
    ["unix:none/s", "is not a directory"],
    [`unix:${"x".repeat(120)}`, "at most 107"],
    ["nonsense", "expected unix:PATH or HOST:PORT"],
    ["127.0.0.1:99999", "expected unix:PATH or HOST:PORT"],
  ];
  for (const [address, message] of cases) {
    const { code, stderr } = await listen(address);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, message);
  }
  first.kill("SIGINT");
  assertEquals((await first.ended).code, 130);
});

Deno.test("over TCP the token is in the state", async () => {
  await using place = await Workplace.create();
  const scheduler = place.start(
    ["scheduler", "--endpoint", "local", "--listen", "127.0.0.1:0", "--state", "state"],
  );
  await listening(scheduler);
  const [, address = ""] = /(http:\S+);/.exec(scheduler.stderr) ?? [];
  const path = place.at("state", "token");
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  const authorization = `Bearer ${Deno.readTextFileSync(path).trim()}`;
  const refused = await fetch(`${address}/v1/status`);
  assertEquals(refused.status, 401);
  await refused.body?.cancel();
  const status = await fetch(`${address}/v1/status`, { headers: { authorization } });
  assertEquals((await status.json()).name, "toil");
  const jobs = place.run([
    "scheduler",
    "--endpoint",
    "local",
    "--listen",
    "127.0.0.1:0",
    "--jobs",
    "-",
  ], {
    stdin: '{"command":"true"}\n',
  });
  assertStringIncludes((await jobs).stderr, "needs --state");
  scheduler.kill("SIGINT");
  await scheduler.ended;
});

Deno.test("a run of a file serves clients too, and waits for their jobs", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const jobs = await place.jobs([{ command: 'while [ ! -e "$GO" ]; do sleep 0.2; done' }]);
  const scheduler = place.start(
    ["scheduler", "--endpoint", "local:2", "--jobs", jobs, "--listen", `unix:${socket}`].concat(
      ["--set-env", "GO"],
    ),
    { env: { GO: place.at("go") } },
  );
  await listening(scheduler);
  const { jobIDs: [jobID] } = await call(socket, "POST", "/v1/jobs", { command: "echo x; exit 4" });
  await Deno.writeTextFile(place.at("go"), "");
  const { updates } = await call(socket, "GET", "/v1/updates?wait=60");
  assertEquals(updates.map(({ exitStatus }: { exitStatus: number }) => exitStatus), [4]);
  assertEquals(updates[0].jobID, jobID);
  const { code, stdout } = await scheduler.ended;
  assertEquals(code, 0);
  assertEquals(stdout.trim().split("\n").length, 1);
});

Deno.test("--end-with-stdin ends the jobs and the scheduler with who holds its input", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const scheduler = place.start(
    [
      ...["scheduler", "--endpoint", "local", "--state", "state", "--end-with-stdin"],
      ...["--listen", `unix:${socket}`, "--workflow-id", "w1", "--batch-logs-dir", "logs"],
    ],
    { holdsInput: true },
  );
  await listening(scheduler);
  await call(socket, "POST", "/v1/jobs", [{ command: "echo hello" }, { command: "sleep 600" }]);
  const { updates: [update] } = await call(socket, "GET", "/v1/updates?wait=30");
  const log = place.at("logs", `toil_w1.${update.jobID}.${update.backingId}.out.log`);
  assertEquals(Deno.readTextFileSync(log), "hello\n");
  await scheduler.endInput();
  const { code, stderr } = await scheduler.ended;
  assertEquals(code, 0);
  assertStringIncludes(stderr, "Stopped; 1 job ended");
  await place.empty();
});

Deno.test("--end-with-stdin ends a scheduler that has not found its Mesos yet", async () => {
  await using place = await Workplace.create();
  const scheduler = place.start(
    [
      ...["scheduler", "--endpoint", "127.0.0.1:1", "--state", "state", "--end-with-stdin"],
      ...["--listen", `unix:${place.at("s")}`],
    ],
    { holdsInput: true },
  );
  await listening(scheduler);
  await scheduler.endInput();
  assertEquals((await scheduler.ended).code, 0);
});

Deno.test("--end-with-stdin needs jobs that come from elsewhere", async () => {
  await using place = await Workplace.create();
  const { code, stderr } = await place.run([
    ...["scheduler", "--endpoint", "local", "--jobs", "-", "--end-with-stdin"],
  ]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--end-with-stdin");
});

Deno.test("a user script of Toil's job store is deployed, also by a scheduler that resumes", async () => {
  await using place = await Workplace.create();
  const socket = place.at("s");
  const archive = place.at("stored");
  Deno.writeTextFileSync(archive, "not unpacked here");
  const md5 = (text: string) => createHash("md5").update(text).digest("hex");
  const [hash, content] = [md5("/leader/scripts"), md5("not unpacked here")];
  const resource = "toil.resource.DirectoryResource:" +
    JSON.stringify(["scripts", hash, `file:${archive}`, content]);
  const command = `printf '%s' "$JTRES_${hash}"`;
  const args = [
    ...["scheduler", "--endpoint", "local", "--state", "state"],
    ...["--listen", `unix:${socket}`, "--batch-logs-dir", "logs"],
  ];
  const run = async (more: string[], prepare: () => Promise<void>) => {
    const scheduler = place.start([...args, ...more]);
    await listening(scheduler);
    await prepare();
    await call(socket, "POST", "/v1/jobs", { command });
    const { updates: [update] } = await call(socket, "GET", "/v1/updates?wait=30");
    await call(socket, "GET", `/v1/updates?ack=${update.number}`);
    scheduler.kill("SIGINT");
    await scheduler.ended;
    const [log] = [...Deno.readDirSync(place.at("logs"))]
      .filter(({ name }) => name.includes(`.${update.jobID}.`) && name.endsWith(".out.log"));
    return Deno.readTextFileSync(place.at("logs", log?.name ?? ""));
  };
  const set = await run([], async () => {
    assertEquals(await call(socket, "PUT", "/v1/user-script", { resource }), {});
    const refused = await call(socket, "PUT", "/v1/user-script", { resource: "nonsense" });
    assertEquals(refused.error.code, "invalid");
  });
  assert(set.startsWith("toil.resource.DirectoryResource:"), set);
  assert(!set.includes(archive), set);
  const resumed = await run(["--toil-resource", resource], () => Promise.resolve());
  assert(resumed.startsWith("toil.resource.DirectoryResource:"), resumed);
});
