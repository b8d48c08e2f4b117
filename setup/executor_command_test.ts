import { EXECUTOR_V8_FLAGS } from "../job/inherited_environment.ts";
import { assertEquals } from "@std/assert";
import { executorCommandInfo } from "./executor_command.ts";

const SETTINGS = "TOIL_MESOS_OPEN_FILES=$(ulimit -S -n) " +
  `DENO_V8_FLAGS=${EXECUTOR_V8_FLAGS}`;
const SELF = "'/opt/toil mesos/toil-mesos'";

Deno.test("executorCommandInfo() starts this program where nothing else is said", () => {
  const info = executorCommandInfo({
    executorCommand: undefined,
    uri: undefined,
    selfCommand: SELF,
    environment: { TOIL_MESOS_LOG_LEVEL: "INFO" },
  });
  assertEquals(info, {
    shell: true,
    value: `${SETTINGS} exec ${SELF} executor`,
    environment: { variables: [{ name: "TOIL_MESOS_LOG_LEVEL", value: "INFO" }] },
  });
});

Deno.test("executorCommandInfo() starts the program that the agent has fetched", () => {
  const info = executorCommandInfo({
    executorCommand: undefined,
    uri: "http://10.0.0.1:8080/x/toil-mesos",
    selfCommand: SELF,
    environment: {},
  });
  assertEquals(info.value, `${SETTINGS} exec ./toil-mesos executor`);
  assertEquals(info.uris, [{
    value: "http://10.0.0.1:8080/x/toil-mesos",
    cache: false,
    executable: true,
    extract: false,
    output_file: "toil-mesos",
  }]);
});

Deno.test("executorCommandInfo() lets agents cache a program whose URI names its content", () => {
  const { uris } = executorCommandInfo({
    executorCommand: undefined,
    uri: "http://10.0.0.1:8080/digest/toil-mesos",
    isCacheable: true,
    selfCommand: SELF,
    environment: {},
  });
  assertEquals(uris?.map(({ cache }) => cache), [true]);
});

Deno.test("executorCommandInfo() leaves the user's own command, and what it fetches, alone", () => {
  const info = executorCommandInfo({
    executorCommand: "./bin/run executor",
    uri: "http://10.0.0.1:8080/bundle.tar.gz",
    selfCommand: SELF,
    environment: {},
  });
  assertEquals(info.value, "./bin/run executor");
  assertEquals(info.uris, [{ value: "http://10.0.0.1:8080/bundle.tar.gz", cache: false }]);
});
