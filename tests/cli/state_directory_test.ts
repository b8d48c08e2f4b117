import { assertEquals } from "@std/assert";
import { Workplace } from "../kit/workplace.ts";

const SMALL = { cores: 0.25, memory: "16Mi", disk: "1Mi" };

Deno.test("scheduler removes nothing from its state directory that it has not made itself", async () => {
  await using place = await Workplace.create();
  const jobs = await place.jobs([{ ...SMALL, command: "true" }]);
  const own = {
    "st/tmp/thesis.txt": "all of it\n",
    // Named like a temporary directory of ours, without its mark.
    "st/tmp/toil-mesos-1/data": "1\n",
    "st/toil-mesos-2/data": "2\n",
    "st/notes": "3\n",
  };
  await Deno.mkdir(place.at("st"), { mode: 0o700 });
  for (const directory of ["st/tmp/toil-mesos-1", "st/toil-mesos-2"]) {
    await Deno.mkdir(place.at(directory), { recursive: true });
  }
  for (const [path, text] of Object.entries(own)) await Deno.writeTextFile(place.at(path), text);
  // The second run finds the state of the first.
  for (let run = 1; run <= 2; run++) {
    const { code, stderr } = await place.run([
      ...["scheduler", "--endpoint=local", "--jobs", jobs, "--state", place.at("st")],
    ]);
    assertEquals(code, 0, stderr);
    for (const [path, text] of Object.entries(own)) {
      assertEquals(await Deno.readTextFile(place.at(path)), text, path);
    }
  }
});
