import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { waitFor } from "../tests/kit/wait_for.ts";
import { ProcessGroup } from "./process_group.ts";
import { ProcessScanner } from "./process_scanner.ts";
import { isAlive, readProcessTable } from "./process_table.ts";
import type { CommandStarter, ShellCommand } from "./shell_command.ts";
import { starterOf, type StartMethod, testBothWays } from "./testing.ts";

const LONG_MS = 600_000;
const PATH = Deno.env.get("PATH") ?? "/usr/bin:/bin";

/** A directory with commands running in it; `pids` waits for the ids they wrote, one a file. */
class Workbench implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync();
  readonly #starter: CommandStarter;

  constructor(how: StartMethod) {
    this.#starter = starterOf(how);
  }

  start(command: string, rest: Partial<ShellCommand> = {}): ProcessGroup {
    return new ProcessGroup({
      command,
      directory: this.directory,
      environment: { PATH },
      standardOutputPath: `${this.directory}/out`,
      standardErrorPath: `${this.directory}/err`,
      ...rest,
    }, {
      ownerMark: "process-group-test",
      scanner: new ProcessScanner(),
      starter: this.#starter,
    });
  }

  text(name: string): string {
    return Deno.readTextFileSync(`${this.directory}/${name}`);
  }

  pid(name: string): Promise<number> {
    const read = () => parseInt(this.text(name));
    return waitFor(() => {
      try {
        return read();
      } catch {
        return undefined;
      }
    }, `process id in ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#starter[Symbol.dispose]();
    await Deno.remove(this.directory, { recursive: true });
  }
}

testBothWays("ProcessGroup is a session, a group and an environment of its own", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start(`cat /proc/$$/stat; tr '\\0' '\\n' </proc/$$/environ; pwd -P`, {
    environment: { PATH, X: "a b" },
  });
  const exit = await group.exited;
  assertEquals([exit.exitStatus, exit.killed], [0, false]);
  assertGreater(exit.wallTimeSeconds, 0);
  const [stat = "", ...lines] = bench.text("out").trim().split("\n");
  const [pid, , , , groupId, sessionId] = stat.split(" ").map(Number);
  assertEquals([pid, groupId, sessionId], [group.pid, group.pid, group.pid]);
  const directory = lines.pop();
  assertEquals(directory, await Deno.realPath(bench.directory));
  const names = lines.map((line) => line.split("=")[0]);
  // A shell adds the directory that it is started in.
  const added = how === "directly" ? [] : ["PWD"];
  assertEquals(names.sort(), ["PATH", ...added, "TOIL_MESOS_MARKS", "X"]);
  assert(lines.includes("X=a b"));
  assert(lines.includes(`TOIL_MESOS_MARKS=process-group-test:${group.mark}`));
});

testBothWays(
  "ProcessGroup appends to its files and interpolates none of its names",
  async (how) => {
    await using bench = new Workbench(how);
    const odd = `${bench.directory}/$(touch x) 'y' "z"`;
    const files = { standardOutputPath: odd, standardErrorPath: odd };
    await bench.start("echo one; echo two >&2", files).exited;
    await bench.start("echo three", files).exited;
    assertEquals(await Deno.readTextFile(odd), "one\ntwo\nthree\n");
  },
);

testBothWays("ProcessGroup tells how its leader ended", async (how) => {
  await using bench = new Workbench(how);
  const cases: [string, number][] = [
    ["exit 0", 0],
    ["exit 33", 33],
    ["exit 137", 137],
    ["exit 255", 255],
    ["kill -SEGV $$", -11],
    ["kill -KILL $$", -9],
    ["no-such-command-here", 127],
  ];
  for (const [command, exitStatus] of cases) {
    assertEquals((await bench.start(command).exited).exitStatus, exitStatus, command);
  }
});

testBothWays("ProcessGroup is picked sooner when memory runs out, if asked", async (how) => {
  await using bench = new Workbench(how);
  await bench.start("cat /proc/self/oom_score_adj", { oomScoreIncrease: 300 }).exited;
  const own = Number(await Deno.readTextFile("/proc/self/oom_score_adj"));
  assertEquals(Number(bench.text("out")), own + 300);
});

testBothWays("ProcessGroup runs also when the wish for a score can't be granted", async (how) => {
  await using bench = new Workbench(how);
  const { exitStatus } = await bench.start("exit 7", { oomScoreIncrease: 5000 }).exited;
  assertEquals([exitStatus, bench.text("err")], [7, ""]);
});

testBothWays(
  "ProcessGroup refuses what can't be started and says nothing of the environment",
  async (how) => {
    await using bench = new Workbench(how);
    assertThrows(() => bench.start("true", { directory: "/no/such/directory" }), Error, "/no/such");
    const error = assertThrows(() => bench.start("true", { environment: { SECRET: "hush\0" } }));
    assertEquals(String(error).includes("hush"), false);
    assertThrows(() => bench.start("true\0"));
  },
);

testBothWays("ProcessGroup.kill() ends the leader with SIGTERM", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start("sleep 600");
  await group.kill(LONG_MS);
  const { exitStatus, killed } = await group.exited;
  assertEquals([exitStatus, killed], [-15, true]);
});

testBothWays("ProcessGroup.kill() lets the leader end in its own way", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start(
    "trap 'echo bye; exit 4' TERM; echo $$ >pid; while :; do sleep 0.01; done",
  );
  await bench.pid("pid");
  await group.kill(LONG_MS);
  const { exitStatus, killed } = await group.exited;
  assertEquals([exitStatus, killed, bench.text("out")], [4, true, "bye\n"]);
});

testBothWays(
  "ProcessGroup.kill() kills who ignores SIGTERM when the grace is over",
  async (how) => {
    await using bench = new Workbench(how);
    const group = bench.start("trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done");
    await bench.pid("pid");
    await group.kill(20);
    assertEquals((await group.exited).exitStatus, -9);
  },
);

testBothWays("ProcessGroup.kill() called again shortens the grace", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start("trap '' TERM; echo $$ >pid; while :; do sleep 0.01; done");
  await bench.pid("pid");
  const first = group.kill(LONG_MS);
  const second = group.kill(0);
  await Promise.all([first, second]);
  assertEquals((await group.exited).exitStatus, -9);
});

testBothWays("ProcessGroup.kill() ends a stopped leader with SIGTERM", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start("trap 'exit 5' TERM; echo $$ >pid; kill -STOP $$; sleep 600");
  const pid = await bench.pid("pid");
  await waitFor(
    async () => (await Deno.readTextFile(`/proc/${pid}/stat`)).split(" ")[2] === "T",
    "the leader to stop",
  );
  await group.kill(LONG_MS);
  assertEquals((await group.exited).exitStatus, 5);
});

const STRAYS: [string, string][] = [
  ["in the background", "sleep 600 & echo $! >stray"],
  ["with setsid", "setsid sh -c 'echo $$ >stray; exec sleep 600' &"],
  [
    "with setsid and a double fork",
    "(setsid sh -c '(echo $(exec sh -c \"echo \\$PPID\") >stray; exec sleep 600) &' &)",
  ],
  [
    "with setsid and an empty environment",
    "setsid env -i sh -c 'echo $$ >stray; exec sleep 600' &",
  ],
  ["with setsid, ignoring SIGTERM", "setsid sh -c 'trap \"\" TERM; echo $$ >stray; sleep 600' &"],
];

for (const [left, command] of STRAYS) {
  // One that ignores SIGTERM lasts until SIGKILL; the leader needs the time to obey.
  const graceMs = left.includes("ignoring") ? 1_000 : LONG_MS;
  testBothWays(`ProcessGroup.kill() finds a descendant ${left}`, async (how) => {
    await using bench = new Workbench(how);
    const group = bench.start(`${command}\nsleep 600`);
    const stray = await bench.pid("stray");
    assert(isAlive(stray));
    await group.kill(graceMs);
    assertEquals(isAlive(stray), false);
    assertEquals((await group.exited).exitStatus, -15);
  });
}

testBothWays("ProcessGroup.kill() after the end does nothing", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start("exit 3");
  await group.exited;
  await group.kill(LONG_MS);
  assertEquals((await group.exited).killed, false);
});

testBothWays("ProcessGroup.kill() does not claim a leader that had exited before", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start("exit 0");
  // Until the event loop is entered again nobody waits for the child: it stays a zombie.
  while (isAlive(group.pid));
  const killed = group.kill(LONG_MS);
  await killed;
  const exit = await group.exited;
  assertEquals([exit.exitStatus, exit.killed], [0, false]);
});

testBothWays("ProcessGroup.exited leaves nothing of the session behind", async (how) => {
  await using bench = new Workbench(how);
  const group = bench.start(
    "sh -c 'trap \"\" TERM HUP; echo $$ >stray; sleep 600' & while ! [ -s stray ]; do :; done; exit 3",
  );
  assertEquals((await group.exited).exitStatus, 3);
  assertEquals(isAlive(await bench.pid("stray")), false);
  const table = await readProcessTable();
  assertEquals(table.filter(({ sessionId }) => sessionId === group.pid), []);
});
