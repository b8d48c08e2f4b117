import { assertEquals } from "@std/assert";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

Deno.test("the local jobs of two runs with one --work-dir have places of their own", async () => {
  await using place = await Workplace.create();
  await Deno.mkdir(place.at("work"));
  await Deno.mkdir(place.at("logs"));
  const run = async (own: string, other: string) => {
    // Both write a file of the same name before either reads it.
    const command = `echo ${own} >scratch; pwd >"${place.at(own)}"; ` +
      `while [ ! -s "${place.at(other)}" ]; do sleep 0.05; done; cat scratch >>"${place.at(own)}"`;
    const jobs = await place.jobs([{ ...SMALL, command, local: true }], `${own}.jsonl`);
    return await place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--work-dir", place.at("work")],
      ...["--batch-logs-dir", place.at("logs"), "--clean-work-dir=never"],
    ]);
  };
  for (const { code, stderr } of await Promise.all([run("one", "other"), run("other", "one")])) {
    assertEquals(code, 0, stderr);
  }
  const written = ["one", "other"].map((name) =>
    Deno.readTextFileSync(place.at(name)).trimEnd().split("\n")
  );
  assertEquals(written.map(([, text]) => text), ["one", "other"]);
  const directories = written.map(([directory = ""]) => directory);
  assertEquals(new Set(directories).size, 2);
  for (const directory of directories) {
    assertEquals(directory.startsWith(`${place.at("work")}/`), true, directory);
    assertEquals([...Deno.readDirSync(directory)].some(({ name }) => name === "scratch"), true);
  }
  // A file for the standard output and one for the standard error of each.
  assertEquals([...Deno.readDirSync(place.at("logs"))].length, 4);
});
