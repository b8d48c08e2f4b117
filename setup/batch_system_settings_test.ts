import { assertEquals, assertThrows } from "@std/assert";
import { resolve } from "node:path";
import { parseOptions } from "../cli/options/parse_options.ts";
import { SCHEDULER_OPTIONS } from "../cli/options/scheduler_options.ts";
import { shutdownBudget } from "../executor/shutdown_budget.ts";
import { LogicHarness, offer, spec } from "../scheduler/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { type Surroundings, toBatchSystemConfig } from "./batch_system_settings.ts";

const DAY_MS = 24 * 3600 * 1000;

const SURROUNDINGS: Surroundings = {
  temporaryDirectory: "/tmp/run",
  selfCommand: "toil-mesos",
  executorUri: undefined,
  executorCertificates: undefined,
  mayDeployLater: false,
  isTemporary: false,
  hostname: "leader",
  user: "toil",
  principal: undefined,
  cpus: 4,
};

function configOf(args: string[], surroundings: Partial<Surroundings> = {}) {
  const { options } = parseOptions(SCHEDULER_OPTIONS, args, {});
  return toBatchSystemConfig(options, { ...SURROUNDINGS, ...surroundings });
}

Deno.test("toBatchSystemConfig() has the defaults that the help text promises", () => {
  const { framework, settings, ...config } = configOf([]);
  assertEquals(framework.name, "toil");
  assertEquals(framework.roles, []);
  assertEquals([framework.user, framework.hostname, settings.maxLocalJobs], ["toil", "leader", 4]);
  assertEquals(config.limits, { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity });
  assertEquals(framework.failoverTimeoutMs, 10 * 60_000);
  assertEquals(settings.killGraceMs, 5_000);
  assertEquals(settings.unreachableTimeoutMs, 10 * 60_000);
  assertEquals(settings.executorQuantities, {
    cpusMilli: 10,
    memoryBytes: 128 * 2 ** 20,
    diskBytes: 32 * 2 ** 20,
    gpus: 0,
  });
  assertEquals(config.registrationTimeoutMs, 60_000);
  assertEquals(config.cleanWorkDir, "always");
  assertEquals(config.noStdOutErr, false);
  assertEquals([config.batchLogsDir, config.workDir, config.frameworkId], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("toBatchSystemConfig() lets Mesos keep jobs for long that a state directory can resume", () => {
  assertEquals(configOf(["--state", "s"]).framework.failoverTimeoutMs, 7 * DAY_MS);
  const given = ["--state", "s", "--failover-timeout", "2h"];
  assertEquals(configOf(given).framework.failoverTimeoutMs, 2 * 3600 * 1000);
});

Deno.test("toBatchSystemConfig() makes paths absolute, for they are read elsewhere", () => {
  const config = configOf(["--batch-logs-dir=logs", "--work-dir=work", "--user-script=s/x.sh"]);
  assertEquals(config.batchLogsDir, resolve("logs"));
  assertEquals(config.workDir, resolve("work"));
  assertEquals(config.localEnvironment, { TOIL_MESOS_USER_SCRIPT: resolve("s/x.sh") });
});

Deno.test("toBatchSystemConfig() has executors pay for what they fetch, so that no job does", () => {
  const disk = (...args: string[]) =>
    configOf(args).settings.executorQuantities.diskBytes / 2 ** 20;
  assertEquals(disk("--executor-uri", "self"), 256);
  assertEquals(disk("--user-script", "s"), 256);
  assertEquals(disk("--user-script", "s", "--executor-disk", "2Gi"), 2048);
  assertEquals(disk("--toil-resource", "r"), 256);
  assertEquals(disk(), 32);
  const later = configOf([], { mayDeployLater: true });
  assertEquals(later.settings.executorQuantities.diskBytes, 256 * 2 ** 20);
});

Deno.test("toBatchSystemConfig() gives executors time beyond the grace of their jobs", () => {
  const { settings } = configOf(["--kill-grace", "1m"]);
  assertEquals(settings.killGraceMs, 60_000);
  assertEquals(settings.executorShutdownGraceMs > 60_000, true);
});

Deno.test("--kill-grace reaches each task, each kill, and the shutdown of the executor", () => {
  const { settings } = configOf(["--kill-grace", "30s"]);
  const { killGraceMs, executorShutdownGraceMs } = settings;
  const harness = new LogicHarness({ killGraceMs, executorShutdownGraceMs });
  harness.subscribe();
  harness.issue(spec());
  const [task] = harness.offer(offer());
  const grace = { grace_period: { nanoseconds: 30e9 } };
  // For the end of a job's time limit, and of the agent.
  assertEquals(task?.kill_policy, grace);
  const shutdownNs = task?.executor?.shutdown_grace_period?.nanoseconds ?? 0;
  assertEquals(shutdownBudget(shutdownNs / 1e6).killGraceMs, 30_000);
  harness.report(task?.task_id.value ?? "", "TASK_RUNNING");
  // By the user, and by the end of the scheduler.
  for (
    const input of [{ type: "KILL", jobIDs: [1] }, { type: "STOPPING", killTasks: true }] as const
  ) {
    const { calls } = harness.run(input);
    assertEquals(calls.flatMap(({ kill }) => kill?.kill_policy ?? []), [grace], input.type);
  }
});

Deno.test("toBatchSystemConfig() has executors log like the scheduler", () => {
  const { settings } = configOf(["--log-level", "debug", "--log-format=json"]);
  assertEquals(settings.executorCommand.environment?.variables, [
    { name: "TOIL_MESOS_LOG_LEVEL", value: "DEBUG" },
    { name: "TOIL_MESOS_LOG_FORMAT", value: "json" },
  ]);
});

Deno.test("toBatchSystemConfig() takes sizes and durations as numbers or text", () => {
  const text = toBatchSystemConfig({ killGrace: "2s", maxMemory: "4Gi" }, SURROUNDINGS);
  const numbers = toBatchSystemConfig({ killGrace: 2_000, maxMemory: 4 * 2 ** 30 }, SURROUNDINGS);
  assertEquals(text.settings.killGraceMs, 2_000);
  assertEquals(text.limits.maxMemory, 4 * 2 ** 30);
  assertEquals(text, numbers);
});

Deno.test("toBatchSystemConfig() reads the limits", () => {
  const { limits } = configOf(["--max-cores", "2.5", "--max-memory=4Gi", "--max-disk=1T"]);
  assertEquals(limits, { maxCores: 2.5, maxMemory: 4 * 2 ** 30, maxDisk: 1e12 });
});

Deno.test("toBatchSystemConfig() refuses durations that Mesos can't count", () => {
  for (const failoverTimeout of ["10001w", Infinity, NaN, -1]) {
    assertThrows(() => toBatchSystemConfig({ failoverTimeout }, SURROUNDINGS), RangeError);
  }
});

Deno.test("toBatchSystemConfig() refuses numbers that are none, or less than any job needs", () => {
  for (const wrong of [NaN, -1]) {
    for (const name of ["maxCores", "maxMemory", "maxDisk", "executorMemory", "executorCpus"]) {
      const config = () => toBatchSystemConfig({ [name]: wrong }, SURROUNDINGS);
      assertThrows(config, RangeError, String(wrong), name);
    }
  }
  for (const maxLocalJobs of [0, 0.5, NaN, -1, Infinity]) {
    const config = () => toBatchSystemConfig({ maxLocalJobs }, SURROUNDINGS);
    assertThrows(config, UsageError, "--max-local-jobs: expected an integer of at least 1");
  }
});

Deno.test("toBatchSystemConfig() sends executors the certificates that they need", () => {
  const { settings } = toBatchSystemConfig({}, {
    ...SURROUNDINGS,
    executorCertificates: "PEM",
  });
  const variables = settings.executorCommand.environment?.variables;
  assertEquals(variables?.find(({ name }) => name === "TOIL_MESOS_EXECUTOR_CA")?.value, "PEM");
});
