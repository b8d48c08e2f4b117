import { assertEquals } from "@std/assert";
import { userInfo } from "node:os";
import { cacheDirectory } from "../../setup/this_program.ts";
import { SOURCE_PROGRAM } from "../kit/program.ts";
import { Workplace } from "../kit/workplace.ts";

/** The lines of a file of variables. */
async function variables(path: string): Promise<Map<string, string>> {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line.includes("="));
  return new Map(lines.map((line) => [line.split("=")[0] ?? "", line.replace(/^[^=]*=/, "")]));
}

Deno.test("executors that run from source use the scheduler's cache, wherever its HOME is", async () => {
  await using place = await Workplace.create();
  const cache = cacheDirectory(Deno.env.toObject(), userInfo().homedir);
  await Deno.mkdir(place.at("home"));
  await Deno.symlink(cache, place.at("cache"));
  const jobs = await place.jobs([{
    command: `tr '\\0' '\\n' </proc/$PPID/environ >${place.at("executor")}; ` +
      `tr '\\0' '\\n' </proc/$PPID/cmdline >${place.at("command")}; env >${place.at("job")}`,
    ...{ memory: "64Mi", disk: "1Mi" },
  }]);
  const command = [...SOURCE_PROGRAM, "scheduler", "--endpoint=local", "--jobs", jobs];
  const { code, stderr } = await place.startCommand(command, {
    env: { HOME: place.at("home"), DENO_DIR: place.at("cache") },
  }).ended;
  assertEquals(code, 0, stderr);
  const executor = await variables(place.at("executor"));
  assertEquals([executor.get("HOME"), executor.get("DENO_DIR")], [undefined, place.at("cache")]);
  const words = (await Deno.readTextFile(place.at("command"))).split("\n");
  assertEquals(words.includes("--cached-only"), true);
  const job = await variables(place.at("job"));
  assertEquals([job.get("DENO_DIR"), job.get("TOIL_MESOS_FROM_SOURCE")], [undefined, undefined]);
  assertEquals([...Deno.readDirSync(place.at("home"))], []);
});
