import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { waitFor } from "../kit/wait_for.ts";
import { type Running, Workplace } from "../kit/workplace.ts";

const SMALL_CLUSTER = ["cluster", "--port=0", "--resources=cpus:1;mem:1024;disk:1024"];

const SAID_REGEXP =
  /^Mesos is at (\S+) with 1 agent\n.* --principal (toil-mesos) --secret-file (\S+\/secret)\n$/;

/** Where a cluster is and how to get in, as it says. */
async function said(cluster: Running): Promise<{ endpoint: string; credential: string[] }> {
  const [, endpoint = "", principal = "", file = ""] = await waitFor(
    () => SAID_REGEXP.exec(cluster.stdout),
    "the cluster",
  );
  return { endpoint, credential: ["--principal", principal, "--secret-file", file] };
}

Deno.test("cluster lets in who has its secret: found by the same user, or given", async () => {
  await using place = await Workplace.create();
  const cluster = place.start(SMALL_CLUSTER);
  const { endpoint, credential } = await said(cluster);
  const jobs = await place.jobs([{ command: "true", memory: "64Mi", disk: "1Mi" }]);
  const command = ["scheduler", "--endpoint", endpoint, "--jobs", jobs];
  const found = await place.run(command);
  assertEquals(found.code, 0, found.stderr);
  // As another user would: without the directory in which the secret is found.
  const stranger = { env: { XDG_RUNTIME_DIR: place.at("tmp") } };
  const refused = await place.run(command, stranger);
  assertEquals(refused.code, 3);
  assertMatch(refused.stderr, /401[^]*--secret-file/);
  const given = await place.run([...command, ...credential], stranger);
  assertEquals(given.code, 0, given.stderr);
  cluster.kill("SIGTERM");
  assertEquals((await cluster.ended).code, 0);
  assertEquals([...Deno.readDirSync(place.at("run"))], []);
});

Deno.test("cluster shows its secret in no argument and no variable of a process", async () => {
  await using place = await Workplace.create();
  const cluster = place.start(SMALL_CLUSTER);
  const { endpoint, credential } = await said(cluster);
  const secret = (await Deno.readTextFile(credential[3] ?? "")).trim();
  const jobs = await place.jobs([{
    command: `touch ${place.at("runs")}; until [ -e ${place.at("go")} ]; do sleep 0.2; done`,
    ...{ memory: "64Mi", disk: "1Mi" },
  }]);
  const scheduler = place.start(["scheduler", "--endpoint", endpoint, "--jobs", jobs]);
  await waitFor(() => Deno.stat(place.at("runs")).catch(() => undefined), "the job");
  for (const pid of place.processes()) {
    for (const file of ["cmdline", "environ"]) {
      const text = await Deno.readTextFile(`/proc/${pid}/${file}`).catch(() => "");
      assertEquals(text.includes(secret), false, `${file} of ${text.split("\0")[0]}`);
    }
  }
  await Deno.writeTextFile(place.at("go"), "");
  const { code, stderr } = await scheduler.ended;
  assertEquals(code, 0, stderr);
  cluster.kill("SIGINT");
  await cluster.ended;
});

Deno.test("cluster keeps its secret in its work directory, for its owner alone", async () => {
  await using place = await Workplace.create();
  const args = [...SMALL_CLUSTER, "--work-dir", place.at("mesos")];
  const secrets: string[] = [];
  for (let run = 0; run < 2; run++) {
    const cluster = place.start(args);
    await said(cluster);
    secrets.push(await Deno.readTextFile(place.at("mesos", "secret")));
    const { mode } = await Deno.stat(place.at("mesos", "secret"));
    assertEquals((mode ?? 0) & 0o777, 0o600);
    cluster.kill("SIGINT");
    await cluster.ended;
  }
  assertEquals(secrets[0], secrets[1]);
  await Deno.chmod(place.at("mesos", "secret"), 0o644);
  const { code, stderr } = await place.run(args);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "others than its owner may read it; run chmod 600 on it");
});

Deno.test("cluster ends at the first signal while its agents register", async () => {
  await using place = await Workplace.create();
  const cluster = place.start(["cluster", "--port=0", "--agents=100", "--work-dir", place.at("m")]);
  // The first agents are started, and none can be registered before all are.
  await waitFor(() => Deno.stat(place.at("m", "agent-0")).catch(() => undefined), "an agent");
  cluster.kill("SIGTERM");
  const { code, stdout, stderr } = await cluster.ended;
  assertEquals([code, stdout, stderr], [0, "", ""]);
});

Deno.test("a user that no node knows ends the jobs at once, and is named", async () => {
  await using place = await Workplace.create();
  const cluster = place.start(SMALL_CLUSTER);
  const { endpoint } = await said(cluster);
  const jobs = await place.jobs([{ command: "true", memory: "64Mi", disk: "1Mi" }]);
  const { code, stdout, stderr } = await place.run([
    ...["scheduler", "--endpoint", endpoint, "--jobs", jobs, "--user", "no-such-user"],
  ]);
  const { exitReason, message } = JSON.parse(stdout);
  assertEquals([code, exitReason], [1, "ERROR"], stderr);
  assertStringIncludes(message, "no node can run executors as --user: ");
  assertStringIncludes(message, "No such user 'no-such-user'");
  cluster.kill("SIGTERM");
  await cluster.ended;
});
