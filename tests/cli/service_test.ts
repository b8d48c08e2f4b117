/**
 * A scheduler as a service: a process that clients use while it runs.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { waitFor } from "../wait_for.ts";
import { type Running, Workplace } from "./workplace.ts";

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
    ["unix:file", "no socket"],
    ["unix:none/s", "is no directory"],
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
  const jobs = await place.jobs([{ command: 'while [ ! -e "$GO" ]; do sleep 0.05; done' }]);
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
