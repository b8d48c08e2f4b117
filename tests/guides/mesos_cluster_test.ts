/**
 * The guide to a Mesos cluster, as far as the embedded one goes: commands of a real master and agent
 * are not here to be run.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { testUnless } from "../kit/test_unless.ts";
import { freePort } from "../kit/ports.ts";
import { ROOT } from "../kit/sources.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";
import { commandWith, type Guide, GuideShell, readGuide } from "./guide.ts";

const GUIDES = ["cromwell.md", "mesos-cluster.md", "service.md", "snakemake.md", "toil.md"];

/** The guide's port may be taken here. */
const GUIDE_PORT = "5050";

Deno.test("the guide to a Mesos cluster: its first steps run on the embedded one", async () => {
  const guide = await readGuide("mesos-cluster.md");
  await using place = await Workplace.create();
  const shell = await GuideShell.create(place);
  const port = String(freePort());
  const block = (text: string) => commandWith(guide, text).trim().replace(GUIDE_PORT, port);
  const cluster = shell.start(`exec ${block("toil-mesos cluster")}`);
  try {
    await waitFor(() => cluster.stdout.includes("with 2 agents"), "a cluster");
    const scheduler = shell.start(`exec ${block("--endpoint 127.0.0.1")}`);
    await waitFor(() => scheduler.stderr.includes("127.0.0.2 joined"), "both nodes");
    const { code, stdout, stderr } = await shell.run(`set -e; ${block("toil-mesos nodes")}`);
    assertEquals([code, (await scheduler.ended).code], [0, 0], stderr);
    assertStringIncludes(stdout, '"address":"127.0.0.2"');
    assertStringIncludes(stdout, "\n1\n");
    assertStringIncludes(stdout, '"nodes":2');
  } finally {
    cluster.kill("SIGINT");
    await cluster.ended;
  }
});

/** The bodies of the guide's requests to a master. */
function requestBodies({ commands }: Guide): string[] {
  return commands.flatMap((each) =>
    [...each.matchAll(/-d '(.*?)'/gs)].map(([, body = ""]) => body)
  );
}

/** Runs a test beside a cluster with one agent; `said` is what it says of itself. */
async function withCluster(
  shell: GuideShell,
  resources: string,
  test: (said: { endpoint: string; principal: string; secretFile: string }) => Promise<void>,
): Promise<void> {
  const cluster = shell.start(`exec toil-mesos cluster --port 0 --resources '${resources}'`);
  const SAID_REGEXP = /Mesos is at (\S+)[^]*--principal (\S+) --secret-file (\S+)/;
  try {
    const [, endpoint = "", principal = "", secretFile = ""] = await waitFor(
      () => SAID_REGEXP.exec(cluster.stdout),
      "a cluster",
    );
    await test({ endpoint, principal, secretFile });
  } finally {
    cluster.kill("SIGINT");
    await cluster.ended;
  }
}

Deno.test("the guide's scheduler with a principal, a role and a user runs on reserved resources", async () => {
  const guide = await readGuide("mesos-cluster.md");
  const text = await Deno.readTextFile(join(ROOT, "docs/guides/mesos-cluster.md"));
  const [, reserved = ""] = /--resources='(cpus\(toil\)[^']*)'/.exec(text) ?? [];
  await using place = await Workplace.create();
  const shell = await GuideShell.create(place);
  const jobs = await place.jobs([{ command: `id -un >'${place.at("user")}'` }]);
  await withCluster(shell, reserved, async ({ endpoint, principal, secretFile }) => {
    // The guide's site has other names.
    const block = commandWith(guide, "--principal toil")
      .replace("10.0.0.1:5050", endpoint)
      .replace("--principal toil", `--principal ${principal}`)
      .replace("/etc/toil-mesos/secret", secretFile)
      .replace("--user alice", '--user "$(id -un)"');
    // Where the secret of the user's own clusters is not found.
    const elsewhere = { XDG_RUNTIME_DIR: place.at("tmp") };
    const { code, stdout, stderr } = await shell.run(`${block.trim()} --jobs ${jobs}`, elsewhere);
    assertEquals([code, JSON.parse(stdout).exitReason], [0, "FINISHED"], stderr);
    const { stdout: user } = await shell.run("id -un");
    assertEquals(await Deno.readTextFile(place.at("user")), user);
    // As the guide says of quotas and weights.
    for (const body of requestBodies(guide)) {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body };
      const response = await fetch(`http://${endpoint}/api/v1`, init);
      await response.body?.cancel();
      assertEquals(response.status, 404);
    }
  });
});

Deno.test("the guide's job with a GPU finds it", async () => {
  const guide = await readGuide("mesos-cluster.md");
  await using place = await Workplace.create();
  const shell = await GuideShell.create(place);
  // Stands for NVIDIA's, on the path of jobs.
  await Deno.writeTextFile(place.at("nvidia-smi"), 'echo "GPU $CUDA_VISIBLE_DEVICES"\n', {
    mode: 0o755,
  });
  const resources = "cpus:2;mem:4096;disk:20000;gpus:2";
  await withCluster(shell, resources, async ({ endpoint }) => {
    const scheduler = shell.start(
      `exec toil-mesos scheduler --endpoint ${endpoint} --set-env PATH="$PWD:$PATH"`,
    );
    await scheduler.registered();
    const submit = commandWith(guide, "--gpus");
    const script = `set -e; ${submit.trim()}\ntoil-mesos wait 1; toil-mesos logs 1`;
    const { code, stdout, stderr } = await shell.run(script);
    assertEquals([code, stdout], [0, "1\nGPU 0\n"], stderr);
    scheduler.kill("SIGINT");
    await scheduler.ended;
  });
});

Deno.test("the guide's files and requests are JSON", async () => {
  const guide = await readGuide("mesos-cluster.md");
  const texts = [...guide.files.values(), ...requestBodies(guide)];
  assertEquals(texts.length, 4);
  for (const text of texts) JSON.parse(text);
});

Deno.test("every block of a guide is a file or commands", async () => {
  for (const name of GUIDES) assert((await readGuide(name)).commands.length > 0);
});

Deno.test("guides name no option of toil-mesos that there is not", async () => {
  const options = await Deno.readTextFile(join(ROOT, "docs/options.md"));
  for (const name of GUIDES) {
    const text = await Deno.readTextFile(join(ROOT, "docs/guides", name));
    const used = [...text.matchAll(/toil-mesos (\w+)((?:\\\n|[^\n])*)/g)];
    assert(used.length > 0);
    for (const [, command = "", rest = ""] of used) {
      const [section = ""] = options.split(`## toil-mesos ${command}\n`)[1]?.split("\n## ") ?? [];
      const [own = ""] = rest.split(/ -- |`/);
      for (const [option] of own.matchAll(/(?<= )--[a-z-]+/g)) {
        assertStringIncludes(section, `\`${option}`, `${name}: toil-mesos ${command}`);
      }
    }
  }
});

const BINARIES = Deno.env.get("TOIL_MESOS_TEST_BINARIES");

testUnless(
  BINARIES === undefined ? "TOIL_MESOS_TEST_BINARIES does not name a real Mesos" : undefined,
  "the guide gives masters and agents no flag that they do not have",
  async () => {
    const { commands } = await readGuide("mesos-cluster.md");
    for (const program of ["mesos-master", "mesos-agent"]) {
      const { stdout, stderr } = await new Deno.Command(join(BINARIES ?? "", program), {
        args: ["--help"],
      }).output();
      const help = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      const blocks = commands.filter((command) => command.startsWith(program));
      assert(blocks.length > 0);
      for (const [, flag] of blocks.join("").matchAll(/ --(?:no-)?(\w+)/g)) {
        assert(new RegExp(`^  --(\\[no-\\])?${flag}\\b`, "m").test(help), `${program} --${flag}`);
      }
    }
  },
);
