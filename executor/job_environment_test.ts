import { assertEquals } from "@std/assert";
import { EXECUTOR_V8_FLAGS, inheritedEnvironment } from "../job/inherited_environment.ts";
import { jobEnvironment, type JobEnvironmentSources } from "./job_environment.ts";

type Sources = Partial<JobEnvironmentSources> & { own?: Record<string, string> };

function environment({ own = {}, ...rest }: Sources = {}): Record<string, string> {
  return jobEnvironment({
    user: {},
    inherited: inheritedEnvironment(own),
    job: {},
    jobID: 7,
    sandboxDirectory: "/sandbox",
    resourceDirectory: "/sandbox/resources",
    userScript: {},
    gpus: [],
    ...rest,
  });
}

Deno.test("jobEnvironment() says which job it is and where its files go", () => {
  assertEquals(environment(), {
    TOIL_WORKDIR: "/sandbox",
    TOIL_MESOS_JOB_ID: "7",
    JTRES_ROOT: "/sandbox/resources",
  });
});

Deno.test("jobEnvironment() lets the job win over the executor", () => {
  const { A, B, C } = environment({ own: { A: "own", B: "own" }, job: { B: "job", C: "" } });
  assertEquals([A, B, C], ["own", "job", ""]);
});

Deno.test("jobEnvironment() keeps a TOIL_WORKDIR that was said", () => {
  assertEquals(environment({ own: { TOIL_WORKDIR: "/own" } })["TOIL_WORKDIR"], "/own");
  assertEquals(environment({ job: { TOIL_WORKDIR: "/job" } })["TOIL_WORKDIR"], "/job");
});

Deno.test("jobEnvironment() keeps secrets and private variables from the job", () => {
  const own = {
    MESOS_EXECUTOR_AUTHENTICATION_TOKEN: "t",
    TOIL_MESOS_PROGRAM: "/usr/bin/toil-mesos",
    DENO_DIR: "/ours",
    P: "p",
  };
  const { P, DENO_DIR, ...rest } = environment({ own });
  assertEquals([P, DENO_DIR], ["p", undefined]);
  assertEquals(rest["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"], undefined);
  assertEquals(rest["TOIL_MESOS_PROGRAM"], undefined);
  const { DENO_DIR: cache, TOIL_MESOS_FROM_SOURCE } = environment({
    own: { TOIL_MESOS_FROM_SOURCE: "1", DENO_DIR: "/ours" },
  });
  assertEquals([cache, TOIL_MESOS_FROM_SOURCE], [undefined, undefined]);
  assertEquals(environment({ own, job: { DENO_DIR: "/mine" } })["DENO_DIR"], "/mine");
  assertEquals(environment({ own: { DENO_DIR: "/agent's" } })["DENO_DIR"], "/agent's");
  const { DENO_V8_FLAGS } = environment({ own: { DENO_V8_FLAGS: EXECUTOR_V8_FLAGS } });
  assertEquals(DENO_V8_FLAGS, undefined);
  const theirs = { DENO_V8_FLAGS: "--agent's" };
  assertEquals(environment({ own: theirs })["DENO_V8_FLAGS"], "--agent's");
});

Deno.test("jobEnvironment() says where the user script is, whatever the job says", () => {
  const userScript = { JTRES_ROOT: "/other", JTRES_abc: "x", TOIL_MESOS_USER_SCRIPT: "/s" };
  const job = { JTRES_abc: "stale", TOIL_MESOS_JOB_ID: "8" };
  const result = environment({ userScript, job });
  assertEquals(result, { ...result, ...userScript, TOIL_MESOS_JOB_ID: "7" });
});

Deno.test("jobEnvironment() names the GPUs of a job that holds some, and of no other", () => {
  assertEquals(environment({ gpus: [0, 3] })["CUDA_VISIBLE_DEVICES"], "0,3");
  const job = { CUDA_VISIBLE_DEVICES: "" };
  assertEquals(environment({ job })["CUDA_VISIBLE_DEVICES"], "");
});

Deno.test("jobEnvironment() gives jobs the devices that the agent names, and no other job any", () => {
  const own = { CUDA_VISIBLE_DEVICES: "2,GPU-5ebe" };
  const devices = (rest: Sources) => environment({ own, ...rest })["CUDA_VISIBLE_DEVICES"];
  assertEquals(devices({ gpus: [0] }), "2");
  assertEquals(devices({ gpus: [0, 1] }), "2,GPU-5ebe");
  assertEquals(devices({ gpus: [3] }), "3");
  assertEquals(devices({}), "");
  assertEquals(devices({ job: { CUDA_VISIBLE_DEVICES: "7" } }), "7");
});

Deno.test("jobEnvironment() names the user where neither executor nor job does", () => {
  const user = { HOME: "/users/u", USER: "u", LOGNAME: "u" };
  const { HOME, USER, LOGNAME } = environment({
    user,
    own: { USER: "own" },
    job: { HOME: "/job" },
  });
  assertEquals([HOME, USER, LOGNAME], ["/job", "own", "u"]);
});
