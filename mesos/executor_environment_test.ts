import { assertEquals, assertThrows } from "@std/assert";
import { NotUnderMesosError, readExecutorEnvironment } from "./executor_environment.ts";

const CAPTURED = JSON.parse(
  Deno.readTextFileSync(
    new URL("../tests/golden/captures/executor-json/environment.json", import.meta.url),
  ),
) as Record<string, string>;

Deno.test("readExecutorEnvironment() reads the environment of a real agent", () => {
  assertEquals(readExecutorEnvironment(CAPTURED), {
    agentEndpoint: "127.0.0.1:5061",
    tls: false,
    caCertificates: undefined,
    caFile: undefined,
    agentProcess: "slave(1)",
    domainSocket: undefined,
    frameworkId: "784724b9-65f3-440e-8b16-5c6f53b2147c-0000",
    executorId: "toil-1",
    sandboxDirectory: CAPTURED["PWD"] ?? "",
    checkpoint: true,
    recoveryTimeoutMs: 900_000,
    // A quarter of what the agent allows, which is the time that it waits for its executors.
    subscriptionBackoffMaxMs: 500,
    shutdownGracePeriodMs: 5000,
    authenticationToken: undefined,
  });
});

Deno.test("readExecutorEnvironment() takes a checkpoint of 0 as false", () => {
  assertEquals(readExecutorEnvironment({ ...CAPTURED, MESOS_CHECKPOINT: "0" }).checkpoint, false);
  const { MESOS_CHECKPOINT: _, ...without } = CAPTURED;
  assertEquals(readExecutorEnvironment(without).checkpoint, false);
});

Deno.test("readExecutorEnvironment() names what is missing", () => {
  const error = assertThrows(() => readExecutorEnvironment({ PATH: "/bin" }), NotUnderMesosError);
  assertEquals(error.variables, [
    "MESOS_AGENT_ENDPOINT",
    "MESOS_SANDBOX",
    "MESOS_FRAMEWORK_ID",
    "MESOS_EXECUTOR_ID",
  ]);
});

Deno.test("readExecutorEnvironment() names what can't be read", () => {
  const unreadable = { MESOS_RECOVERY_TIMEOUT: "soon", MESOS_AGENT_ENDPOINT: "a:b" };
  for (const [name, text] of Object.entries(unreadable)) {
    const read = () => readExecutorEnvironment({ ...CAPTURED, [name]: text });
    const error = assertThrows(read, NotUnderMesosError, `${name}: Cannot read "${text}" as`);
    assertEquals(error.variables, [name]);
  }
});

Deno.test("readExecutorEnvironment() has the certificates of the scheduler, and the file of the node", () => {
  const { caCertificates, caFile } = readExecutorEnvironment({
    ...CAPTURED,
    TOIL_MESOS_EXECUTOR_CA: "PEM",
    LIBPROCESS_SSL_CA_FILE: "/etc/ca.pem",
  });
  assertEquals([caCertificates, caFile], ["PEM", "/etc/ca.pem"]);
});
