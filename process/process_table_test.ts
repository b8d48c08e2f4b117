import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../tests/kit/wait_for.ts";
import { addMarks } from "./marks.ts";
import {
  familyOf,
  isAlive,
  parseStat,
  type ProcessEntry,
  readProcessTable,
} from "./process_table.ts";

const TAIL = "0 -1 4194304 77 0 0 0 0 0 0 0 20 0 1 0 5005 3133440 393";

function stat(name: string, state: string): string {
  return `42 (${name}) ${state} 7 42 41 ${TAIL}\n`;
}

/** Hundredths of a second, as all Linux systems of today count. */
function ticksSinceBoot(): number {
  return Number(Deno.readTextFileSync("/proc/uptime").split(" ")[0]) * 100;
}

Deno.test("parseStat() reads the members whatever the name holds", () => {
  const entry = { pid: 42, parentPid: 7, groupId: 42, sessionId: 41, startTicks: 5005 };
  for (const name of ["sh", "a b", ") R 1 1 1", "a\n(b", ""]) {
    assertEquals(parseStat(stat(name, "S")), entry, name);
  }
});

Deno.test("parseStat() gives nothing for zombies, the dead and other texts", () => {
  for (const text of [stat("sh", "Z"), stat("sh", "X"), "", "42", "42 (sh) S", "42 (sh) S x y"]) {
    assertEquals(parseStat(text), undefined, text);
  }
});

function entry(pid: number, parentPid: number, rest: Partial<ProcessEntry> = {}): ProcessEntry {
  return { pid, parentPid, groupId: pid, sessionId: pid, startTicks: pid, marks: [], ...rest };
}

const TABLE = [
  entry(1, 0),
  entry(10, 1, { marks: ["other"] }),
  entry(20, 10, { marks: ["owner", "group"] }),
  entry(21, 20, { sessionId: 20 }),
  entry(22, 1, { sessionId: 20 }),
  entry(23, 1, { marks: ["owner", "group"] }),
  entry(24, 23),
  entry(25, 24),
  entry(26, 1),
];

const cases: [string, Parameters<typeof familyOf>[1], number[]][] = [
  ["a mark and the children of its carriers", { marks: ["group"] }, [20, 21, 23, 24, 25]],
  ["a session", { marks: [], sessionIds: [20] }, [20, 21, 22]],
  ["several marks", { marks: ["other", "group"] }, [10, 20, 21, 23, 24, 25]],
  ["those known before", { marks: [], known: [entry(26, 99)] }, [26]],
  [
    "not a new process with a known id",
    { marks: [], known: [entry(26, 1, { startTicks: 1 })] },
    [],
  ],
  ["nobody", { marks: ["no such"] }, []],
];

for (const [name, traits, pids] of cases) {
  Deno.test(`familyOf() finds ${name}`, () => {
    assertEquals(familyOf(TABLE, traits).map(({ pid }) => pid).sort(), pids);
  });
}

Deno.test("readProcessTable() sees a child with its marks, and isAlive() too", async () => {
  const child = new Deno.Command("cat", {
    stdin: "piped",
    stdout: "null",
    env: addMarks({}, ["table-test"]),
  }).spawn();
  assert(isAlive(child.pid));
  const table = await readProcessTable();
  const found = table.find(({ pid }) => pid === child.pid);
  assertEquals([found?.parentPid, found?.marks.at(-1)], [Deno.pid, "table-test"]);
  assert(table.some(({ pid }) => pid === Deno.pid));
  await child.stdin.close();
  await child.status;
  assertEquals(isAlive(child.pid), false);
});

Deno.test("readProcessTable() reads no marks of processes that are older than its own", async () => {
  const elder = new Deno.Command("cat", {
    stdin: "piped",
    stdout: "null",
    env: addMarks({}, ["table-test"]),
  }).spawn();
  const { startTicks = 0 } = (await readProcessTable()).find(({ pid }) => pid === elder.pid) ?? {};
  await waitFor(() => ticksSinceBoot() > startTicks + 1, "the next tick of the clock");
  const program = `
    import { readProcessTable } from "${import.meta.resolve("./process_table.ts")}";
    const table = await readProcessTable();
    console.log(JSON.stringify(table.find(({ pid }) => pid === ${elder.pid})));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  const entry = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([entry.startTicks, entry.marks], [startTicks, []]);
  await elder.stdin.close();
  await elder.status;
});

Deno.test("isAlive() does not take a zombie for a living process", async () => {
  // The shell becomes a program that never waits for the child it had.
  const parent = new Deno.Command("/bin/sh", {
    args: ["-c", "sleep 600 & echo $!; exec cat"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = parent.stdout.getReader();
  const { value } = await reader.read();
  const pid = parseInt(new TextDecoder().decode(value));
  const name = () => Deno.readTextFile(`/proc/${parent.pid}/comm`);
  await waitFor(async () => (await name()).trim() === "cat", "the parent that never waits");
  Deno.kill(pid, "SIGKILL");
  await waitFor(() => !isAlive(pid), "the zombie");
  const text = await Deno.readTextFile(`/proc/${pid}/stat`);
  assertEquals(text.split(" ")[2], "Z");
  await parent.stdin.close();
  await reader.cancel();
  await parent.status;
});
