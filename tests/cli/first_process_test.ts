import { assertEquals } from "@std/assert";
import { PROGRAM } from "../kit/program.ts";
import { testUnless } from "../kit/test_unless.ts";
import { Workplace } from "../kit/workplace.ts";

const UNSHARE = ["--pid", "--fork", "--mount-proc", "--kill-child"];

function canUnshare(): boolean {
  try {
    return new Deno.Command("unshare", { args: [...UNSHARE, "true"], stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

const OBSTACLE = canUnshare() ? undefined : "unshare makes no namespace of processes here";

testUnless(
  OBSTACLE,
  "as process 1 of a container the scheduler reaps the orphans that it inherits",
  async () => {
    await using place = await Workplace.create();
    const orphans = "for i in 1 2 3; do (setsid sleep 0.1 &); done; sleep 4; " +
      `grep -l 'State:.Z' /proc/[0-9]*/status >${place.at("zombies")}; ` +
      `echo $PPID >${place.at("parent")}`;
    const jobs = await place.jobs([{ command: orphans, local: true }]);
    const args = ["scheduler", "--endpoint=local", "--jobs", jobs];
    const { code, stderr } = await new Deno.Command("unshare", {
      args: [...UNSHARE, ...PROGRAM, ...args],
      env: { NO_COLOR: "1", TMPDIR: place.at("tmp") },
      cwd: place.path,
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(await Deno.readTextFile(place.at("parent")), "1\n");
    assertEquals(await Deno.readTextFile(place.at("zombies")), "");
  },
);
