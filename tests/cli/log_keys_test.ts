/**
 * The fixed keys of structured logs.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MesosCallbacks } from "../../scheduler/mesos_callbacks.ts";
import { configureRootLogger } from "../../support/log.ts";
import { Workplace } from "../kit/workplace.ts";

const KEYS = ["jobID", "taskId", "agentId", "offerId", "executorId", "frameworkId"];

/** How else the same could be called. */
const OTHER_SPELLING_REGEXP = /^(job|task|agent|slave|offer|executor|framework)(_?id)?$/i;

type Line = Record<string, unknown>;

function linesOf(text: string): Line[] {
  return text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

/** All values of a key. */
function valuesOf(lines: readonly Line[], key: string): Set<unknown> {
  return new Set(lines.flatMap((line) => key in line ? [line[key]] : []));
}

Deno.test("log lines in JSON name jobs, tasks, agents, executors and frameworks by fixed keys", async () => {
  await using place = await Workplace.create();
  const stdin = '{"command":"true"}\n{"command":"exit 1"}\n';
  const { stdout, stderr } = await place.run([
    ...["scheduler", "--endpoint=local", "--jobs=-", "--log-format=json", "--log-level=debug"],
  ], { stdin });
  const lines = linesOf(stderr);
  for (const { time, level, category, message } of lines) {
    assert(!Number.isNaN(Date.parse(String(time))));
    assert([level, category, message].every((each) => typeof each === "string" && each !== ""));
  }
  const results = linesOf(stdout);
  assertEquals(valuesOf(lines, "jobID"), new Set(results.map(({ jobID }) => jobID)));
  const [frameworkId = "", ...others] = valuesOf(lines, "frameworkId");
  assert(others.length === 0 && /^[\da-f-]+-0000$/.test(String(frameworkId)));
  for (const agentId of valuesOf(lines, "agentId")) assert(/^[\da-f-]+-S0$/.test(String(agentId)));
  assertEquals(valuesOf(lines, "agentId").size, 1);
  for (const executorId of valuesOf(lines, "executorId")) {
    assert(/^toil-mesos-[\da-f]{16}$/.test(String(executorId)));
  }
  const taskIds = [...valuesOf(lines, "taskId")].map((taskId) => String(taskId).split("-")[0]);
  assertEquals(new Set(taskIds), new Set(["1", "2"]));
  for (const key of new Set(lines.flatMap(Object.keys))) {
    assert(!OTHER_SPELLING_REGEXP.test(key) || KEYS.includes(key), key);
  }
});

Deno.test("an offer is named by its key, too", () => {
  const lines: string[] = [];
  configureRootLogger({ level: "DEBUG", format: "json", write: (line) => lines.push(line) });
  const driver = {
    lastError: undefined,
    start: () => {},
    send: () => {},
    stop: () => Promise.resolve(),
    teardown: () => Promise.resolve(true),
    join: () => Promise.resolve(),
  };
  new MesosCallbacks({ submit: () => {}, refused: () => {} })
    .offerRescinded(driver, { value: "o1" });
  configureRootLogger({ level: "CRITICAL", format: "text", write: () => {} });
  assertEquals(valuesOf(linesOf(lines.join("\n")), "offerId"), new Set(["o1"]));
});
