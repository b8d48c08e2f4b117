/**
 * The guide to a scheduler as a service: its commands, word for word, and its unit for systemd.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { missingProgram, testUnless } from "../kit/test_unless.ts";
import { Workplace } from "../kit/workplace.ts";
import { withEmbeddedScheduler } from "./embedded_scheduler.ts";
import { commandWith, GuideShell, readGuide } from "./guide.ts";

const UNIT = "~/.config/systemd/user/toil-mesos.service";

Deno.test("the guide's requests and commands do what it says", async () => {
  const guide = await readGuide("service.md");
  await using place = await Workplace.create();
  const shell = await GuideShell.create(place);
  const write = (name: string, text: string) =>
    Deno.writeTextFile(place.at(name), text, { mode: 0o755 });
  await write("input.fa", ">a\n>b\n");
  await write("count.sh", "#!/bin/sh\ngrep -c '>' \"$1\"\n");
  await write("slice.sh", `#!/bin/sh\ntouch '${place.path}'/slice-$TOIL_MESOS_ARRAY_INDEX\n`);
  const env = { SOCKET: place.at("run", "toil-mesos", "scheduler.sock") };
  await withEmbeddedScheduler(shell, async (scheduler) => {
    const level = await shell.run(commandWith(guide, "/v1/log-level"), env);
    assertEquals(level.stdout, "{}");
    const script = commandWith(guide, "/v1/user-script").replace("/srv/scripts", place.at("bin"));
    const { stdout: deployed } = await shell.run(script, env);
    assertEquals(deployed, "{}");
    const { code, stdout, stderr } = await shell.run(
      `set -e\n${commandWith(guide, "--array 1-10")}`,
      env,
    );
    assertEquals(code, 0, stderr);
    const lines = stdout.split("\n");
    assertEquals(lines.slice(0, 11), Array.from({ length: 11 }, (_, i) => String(i + 1)));
    assert(lines.includes("2"), "the output of the first job");
    const slices = [...Deno.readDirSync(place.path)].filter(({ name }) => /^slice-\d/.test(name));
    assertEquals(slices.length, 10);
    // After the acknowledgement there is nothing to wait for.
    const requests = commandWith(guide, "ack=1").replace("wait=60&ack", "wait=0&ack");
    const api = await shell.run(`set -e\n${requests}`, env);
    assertEquals(api.code, 0, api.stderr);
    assertStringIncludes(api.stdout, '{"jobIDs":[12]}');
    assertStringIncludes(api.stdout, '"number":1,"jobID":12');
    assertStringIncludes(scheduler.stderr, "DEBUG scheduler: Job 12 issued");
  });
});

testUnless(
  await missingProgram("systemd-analyze"),
  "the guide's unit is one that systemd takes",
  async () => {
    const { files } = await readGuide("service.md");
    await using place = await Workplace.create();
    const program = place.at("toil-mesos");
    await Deno.writeTextFile(program, "#!/bin/sh\n", { mode: 0o755 });
    const unit = (files.get(UNIT) ?? "").replace("/usr/local/bin/toil-mesos", program);
    assertStringIncludes(unit, `ExecStart=${program} scheduler --endpoint`);
    await Deno.writeTextFile(place.at("toil-mesos.service"), unit);
    const { success, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["--user", "verify", place.at("toil-mesos.service")],
      env: { XDG_RUNTIME_DIR: place.at("run"), HOME: place.path },
    }).output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  },
);
