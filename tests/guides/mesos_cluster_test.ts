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
import { commandWith, GuideShell, readGuide } from "./guide.ts";

const GUIDES = ["cromwell.md", "mesos-cluster.md", "service.md", "snakemake.md"];

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

Deno.test("the guide's files and requests are JSON", async () => {
  const { files, commands } = await readGuide("mesos-cluster.md");
  const bodies = commands.flatMap((each) => [...each.matchAll(/-d '(.*?)'/gs)].map(([, it]) => it));
  const texts = [...files.values(), ...bodies];
  assertEquals(texts.length, 4);
  for (const text of texts) JSON.parse(text ?? "");
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
