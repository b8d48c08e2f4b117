import { assert, assertEquals, assertThrows } from "@std/assert";
import { readText } from "../support/read_text.ts";
import { waitFor } from "../tests/kit/wait_for.ts";
import { isAlive, readProcessTable } from "./process_table.ts";
import { ProcessOwner } from "./process_owner.ts";
import type { CommandStarter } from "./shell_command.ts";
import { starterOf, testBothWays } from "./testing.ts";

const STRAY = "setsid sh -c 'echo $$ >stray; exec sleep 600' & while ! [ -s stray ]; do :; done";
/** Longer than any process needs to obey SIGTERM. */
const LONG_MS = 60_000;

const PATH = Deno.env.get("PATH") ?? "/usr/bin:/bin";

function command(directory: string, text: string) {
  return {
    command: text,
    directory,
    environment: { PATH },
    standardOutputPath: "/dev/null",
    standardErrorPath: "/dev/null",
  };
}

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function readPid(path: string): Promise<number> {
  const read = () => Deno.readTextFile(path).then(parseInt, () => NaN);
  return waitFor(read, `process id in ${path}`);
}

/** Processes whose working directory is this one or below it. */
async function processesIn(directory: string): Promise<number[]> {
  const table = await readProcessTable();
  return table.map(({ pid }) => pid).filter((pid) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    } catch {
      return false;
    }
  });
}

/** Registers a test for both ways to start a command, in a directory. */
function both(
  name: string,
  test: (starter: CommandStarter, directory: string) => Promise<void>,
): void {
  testBothWays(name, (how) => withDirectory((directory) => test(starterOf(how), directory)));
}

for (const adoptsOrphans of [false, true]) {
  const who = adoptsOrphans ? "ProcessOwner that adopts orphans" : "ProcessOwner";
  both(`${who} sweeps up what strayed from a group that is over`, async (starter, directory) => {
    const owner = new ProcessOwner({ adoptsOrphans, starter });
    const { exited } = owner.start(command(directory, `${STRAY}; exit 0`));
    assertEquals((await exited).exitStatus, 0);
    const stray = await readPid(`${directory}/stray`);
    await waitFor(() => !isAlive(stray), "the stray to be swept up");
    await owner.close();
  });
}

/** Descendants that carry no mark any more; each writes its process id. */
const UNMARKED: Record<string, string> = {
  "in a group of its own, in the session":
    "bash -c 'set -m; env -i /bin/sh -c \"echo \\$\\$ >stray; exec sleep 311\" & exit 0'" +
    "; while ! [ -s stray ]; do :; done",
  "in a session of its own":
    "setsid env -i /bin/sh -c 'echo $$ >stray; exec sleep 311' & while ! [ -s stray ]; do :; done",
  "forked twice, in a session of its own":
    "(setsid env -i /bin/sh -c '(echo $(exec sh -c \"echo \\$PPID\") >stray; exec sleep 311) &' &)" +
    "; while ! [ -s stray ]; do :; done",
};

for (const [where, text] of Object.entries(UNMARKED)) {
  both(
    `ProcessOwner kills a descendant without an environment, ${where}`,
    async (starter, directory) => {
      const owner = new ProcessOwner({ adoptsOrphans: true, starter });
      assertEquals((await owner.start(command(directory, text)).exited).exitStatus, 0);
      const stray = await readPid(`${directory}/stray`);
      await waitFor(() => !isAlive(stray), "the stray to be killed");
      await owner.close();
    },
  );
}

both(
  "ProcessOwner leaves an orphan alone that a running group may have started",
  async (starter, directory) => {
    const owner = new ProcessOwner({ adoptsOrphans: true, starter });
    const daemon = "(setsid env -i /bin/sh -c 'echo $$ >stray; exec sleep 311' &)";
    const running = owner.start(command(directory, `${daemon}; sleep 600`));
    const stray = await readPid(`${directory}/stray`);
    await owner.start(command(directory, STRAY.replaceAll("stray", "other"))).exited;
    const swept = await readPid(`${directory}/other`);
    await waitFor(() => !isAlive(swept), "the other group's stray to be swept up");
    assert(isAlive(stray));
    await running.kill(0);
    await waitFor(() => !isAlive(stray), "the orphan to be killed");
    await owner.close();
  },
);

both("ProcessOwner leaves no zombie of those that it adopts", async (starter, directory) => {
  const owner = new ProcessOwner({ adoptsOrphans: true, starter });
  const orphan = "sh -c 'sleep 0.01 & echo $! >orphan'; sleep 600";
  owner.start(command(directory, orphan));
  const pid = await readPid(`${directory}/orphan`);
  const isThere = () => Deno.stat(`/proc/${pid}`).then(() => true, () => false);
  await waitFor(async () => !(await isThere()), "the zombie to be reaped");
  await owner.close();
});

both("ProcessOwner leaves the strays of a running group alone", async (starter, directory) => {
  const owner = new ProcessOwner({ starter });
  const running = owner.start(command(directory, `${STRAY}; sleep 600`));
  const stray = await readPid(`${directory}/stray`);
  await owner.start(command(directory, STRAY.replaceAll("stray", "other"))).exited;
  const swept = await readPid(`${directory}/other`);
  await waitFor(() => !isAlive(swept), "the other group's stray to be swept up");
  assert(isAlive(stray) && isAlive(running.pid));
  await owner.close(LONG_MS);
  assertEquals(isAlive(stray), false);
  assertEquals((await running.exited).exitStatus, -15);
});

both(
  "ProcessOwner.close() leaves no process behind, not even its own",
  async (starter, directory) => {
    const owner = new ProcessOwner({ starter });
    const groups = [`${STRAY}; exit 0`, "sleep 600", "trap '' TERM; sleep 600"].map((text) =>
      owner.start(command(directory, text))
    );
    await readPid(`${directory}/stray`);
    await owner.close();
    await Promise.all(groups.map(({ exited }) => exited));
    assertEquals(await processesIn(directory), []);
  },
);

Deno.test("ProcessOwner.start() refuses once the owner closes", () =>
  withDirectory(async (directory) => {
    const owner = new ProcessOwner();
    const closing = owner.close();
    assertThrows(() => owner.start(command(directory, "touch ran")), Error, "owner is closed");
    await closing;
  }));

Deno.test("ProcessOwner.close() has nothing to do where nothing was started", async () => {
  await new ProcessOwner().close();
});

Deno.test("ProcessOwner that is killed takes its processes with it", () =>
  withDirectory(async (directory) => {
    const unmarked =
      "bash -c 'set -m; env -i /bin/sh -c \"echo \\$\\$ >unmarked; exec sleep 311\" & sleep 600'";
    const program = `
      import { ProcessOwner } from "${import.meta.resolve("./process_owner.ts")}";
      const command = ${JSON.stringify(command(directory, ""))};
      const owner = new ProcessOwner();
      owner.start({ ...command, command: "echo $$ >job; sleep 600; :" });
      owner.start({ ...command, command: ${JSON.stringify(`${STRAY}; sleep 600`)} });
      owner.start({ ...command, command: ${JSON.stringify(unmarked)} });
      owner.start({ ...command, command: "trap '' TERM HUP; echo $$ >stubborn; sleep 600" });
      setInterval(() => {}, 1000);`;
    const owner = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--config=${Deno.cwd()}/deno.json`, "-"],
      cwd: directory,
      stdin: "piped",
    }).spawn();
    const writer = owner.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program));
    await writer.close();
    const pids = await Promise.all(
      ["job", "stray", "unmarked", "stubborn"].map((name) => readPid(`${directory}/${name}`)),
    );
    assert(pids.every(isAlive));
    const reapers = await reapersOf(owner.pid);
    assertEquals(reapers.length, 1);
    owner.kill("SIGKILL");
    await owner.status;
    await waitFor(() => ![...pids, ...reapers].some(isAlive), "jobs and reaper to be gone");
    assertEquals(await processesIn(directory), []);
  }));

/** The reapers that know the mark in the environment of the owner's children. */
async function reapersOf(ownerPid: number): Promise<number[]> {
  const table = await readProcessTable();
  const marks = table.filter(({ parentPid }) => parentPid === ownerPid).flatMap(({ marks }) =>
    marks
  );
  return table.filter(({ pid, sessionId }) => {
    const commandLine = readText(`/proc/${pid}/cmdline`) ?? "";
    return pid !== ownerPid && sessionId !== pid &&
      marks.some((mark) => commandLine.includes(mark));
  }).map(({ pid }) => pid);
}
