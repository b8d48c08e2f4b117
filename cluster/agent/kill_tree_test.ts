import { assert, assertEquals } from "@std/assert";
import { isAlive, startTicksOf } from "../../process/process_table.ts";
import { startShell } from "../../process/shell_command.ts";
import { exitStatusOf, sendSignal } from "../../process/signals.ts";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { waitFor } from "../../tests/kit/wait_for.ts";
import { killTree, type Process, treeOf } from "./kill_tree.ts";

function entry(pid: number, parentPid: number, groupId: number, sessionId: number): Process {
  return { pid, parentPid, groupId, sessionId, startTicks: 1 };
}

/** A shell of somebody, which leads a session and has the root of the tree as a child. */
const PARENT = entry(10, 1, 10, 10);

const TREES: [string, Process[], number[]][] = [
  ["the root alone", [entry(20, 10, 20, 20)], [20]],
  [
    "children, and theirs, wherever they are",
    [entry(20, 10, 20, 20), entry(21, 20, 21, 21), entry(22, 21, 22, 22)],
    [20, 21, 22],
  ],
  ["orphans in the group or the session", [
    entry(20, 10, 20, 20),
    entry(30, 1, 20, 20),
    entry(31, 1, 31, 20),
  ], [20, 30, 31]],
  ["orphans in the group of a descendant", [
    entry(20, 10, 20, 20),
    entry(21, 20, 21, 21),
    entry(30, 1, 30, 21),
  ], [20, 21, 30]],
  ["what a root that has ended left behind", [entry(30, 1, 20, 20), entry(31, 30, 31, 31)], [
    30,
    31,
  ]],
  ["nothing of the parent's group and session", [entry(20, 10, 10, 10), entry(30, 10, 10, 10)], [
    20,
  ]],
  ["not who left group, session and parent", [entry(20, 10, 20, 20), entry(30, 1, 30, 30)], [20]],
  ["never this process", [
    entry(20, 10, 20, 20),
    entry(Deno.pid, 20, 20, 20),
    entry(30, Deno.pid, 30, 30),
  ], [20]],
];

for (const [name, processes, members] of TREES) {
  Deno.test(`treeOf() finds ${name}`, () => {
    assertEquals(treeOf([PARENT, ...processes], 20).map(({ pid }) => pid), members);
  });
}

/** A child, one in a session of its own, an orphan in the session, and one that left everything. */
const FAMILY = `
  sleep 1000 & echo $! > child.new
  setsid sleep 1000 & echo $! > stranger.new
  (sleep 1000 & echo $! > orphan.new)
  (setsid sh -c 'sleep 1000 & echo $! > escaped.new')
  for name in child stranger orphan escaped; do mv $name.new $name; done
  wait
`;

async function readPid(path: string): Promise<number> {
  const text = await waitFor(() => Deno.readTextFile(path).catch(() => undefined), path);
  return Number(text);
}

Deno.test("killTree() kills a process with its descendants, group and session, and no more", async () => {
  await using directory = await TemporaryDirectory.create();
  const root = startShell({
    command: FAMILY,
    directory: directory.path,
    environment: { PATH: Deno.env.get("PATH") ?? "" },
    standardOutputPath: directory.at("stdout"),
    standardErrorPath: directory.at("stderr"),
  });
  const escaped = await readPid(directory.at("escaped"));
  try {
    const names = ["child", "stranger", "orphan"];
    const pids = await Promise.all(names.map((name) => readPid(directory.at(name))));
    assert([...pids, escaped].every(isAlive));
    killTree(root.pid);
    assertEquals(await exitStatusOf(root), -9);
    await waitFor(() => !pids.some(isAlive), "the end of the tree");
    assert(isAlive(escaped));
  } finally {
    sendSignal(escaped, "SIGKILL");
  }
  await waitFor(() => !isAlive(escaped), "the end of the last process");
});

Deno.test("killTree() of what has ended is of no effect", async () => {
  const child = new Deno.Command("true").spawn();
  await child.status;
  killTree(child.pid);
  assertEquals(startTicksOf(child.pid), undefined);
});
