import { assertEquals } from "@std/assert";
import { isAlive } from "../../process/process_table.ts";
import { waitFor } from "../kit/wait_for.ts";
import { Workplace } from "../kit/workplace.ts";

Deno.test("a time limit holds while the scheduler is away, and is reported when it is back", async () => {
  await using place = await Workplace.create();
  const cluster = place.start(["cluster", "--port=0", "--resources=cpus:1;mem:1024;disk:1024"]);
  const [, endpoint = ""] = await waitFor(
    () => /^Mesos is at (\S+) with 1 agent\n/.exec(cluster.stdout),
    "the cluster",
  );
  const command = `echo $$ >${place.at("pid")}; exec sleep 311`;
  const needs = { cores: 0.25, memory: "16Mi", disk: "1Mi" };
  const jobs = await place.jobs([{ ...needs, command, timeLimit: "4s" }]);
  const args = ["scheduler", "--endpoint", endpoint, "--jobs", jobs, "--state", place.at("state")];
  const first = place.start(args);
  const pid = await waitFor(
    () => Deno.readTextFile(place.at("pid")).then(Number, () => 0),
    "the job",
  );
  first.kill("SIGKILL");
  await first.ended;
  assertEquals(isAlive(pid), true);
  await waitFor(() => !isAlive(pid), "the end of the job");
  const { code } = await place.start(args).ended;
  const line = JSON.parse(await Deno.readTextFile(place.at("state/results.jsonl")));
  assertEquals([code, line.exitReason], [1, "MAXJOBDURATION"]);
  cluster.kill("SIGINT");
  await cluster.ended;
});
