import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { cores, count, duration, flag, logLevel, size, text } from "./option_schemas.ts";
import { parseOptions } from "./parse_options.ts";
import { UsageError } from "../../support/usage_error.ts";

const TABLE = {
  endpoint: {
    value: "E",
    description: "where Mesos is",
    schema: text.optional(),
    aliases: ["mesosEndpoint", "mesosMaster"],
  },
  role: { value: "R", description: "roles", schema: z.array(text).default([]), repeatable: true },
  killGrace: { value: "D", description: "grace", schema: duration.default(5000) },
  maxMemory: { value: "M", description: "limit", schema: size.default(Infinity) },
  noStdOutErr: { description: "no output", schema: flag },
} as const;

function parse(args: string[], environment: Record<string, string> = {}) {
  return parseOptions(TABLE, args, environment);
}

Deno.test("parseOptions() reads values, defaults, flags, repeats and other spellings", () => {
  assertEquals(parse([]).options, {
    endpoint: undefined,
    role: [],
    killGrace: 5000,
    maxMemory: Infinity,
    noStdOutErr: false,
  });
  const { options, positional } = parse([
    "--mesosMaster",
    "m:5050",
    "--role=a",
    "--role",
    "b",
    "--kill-grace",
    "1m",
    "--max-memory=2Gi",
    "--no-std-out-err",
    "file",
    "-",
  ]);
  assertEquals(options, {
    endpoint: "m:5050",
    role: ["a", "b"],
    killGrace: 60_000,
    maxMemory: 2 ** 31,
    noStdOutErr: true,
  });
  assertEquals(positional, ["file", "-"]);
});

Deno.test("parseOptions() keeps numbers as they were written", () => {
  assertEquals(parse(["--endpoint", "007"]).options.endpoint, "007");
});

Deno.test("parseOptions() takes what is not given from the environment", () => {
  const environment = {
    TOIL_MESOS_ENDPOINT: "e",
    TOIL_MESOS_ROLE: "a,b",
    TOIL_MESOS_KILL_GRACE: "2s",
    TOIL_MESOS_NO_STD_OUT_ERR: "1",
    TOIL_MESOS_MAX_MEMORY: "",
  };
  assertEquals(parse(["--kill-grace", "1s"], environment).options, {
    endpoint: "e",
    role: ["a", "b"],
    killGrace: 1000,
    maxMemory: Infinity,
    noStdOutErr: true,
  });
});

Deno.test("parseOptions() suggests the nearest option", () => {
  const cases = [["--endpiont", "m"], ["--endpiont=m"], ["--kil-grace", "1s"], [
    "--mesosMastr",
    "m",
  ]];
  const suggestions = ["endpoint", "endpoint", "kill-grace", "mesosMaster"];
  cases.forEach((args, i) => {
    assertThrows(() => parse(args), UsageError, `did you mean --${suggestions[i]}?`);
  });
});

Deno.test("parseOptions() names the option whose value is wrong", () => {
  const cases: [string[], string][] = [
    [["--kill-grace", "soon"], '--kill-grace: Cannot read "soon" as a duration'],
    [["--max-memory", "lots"], '--max-memory: Cannot read "lots" as a size'],
    [["--endpoint"], "--endpoint needs a value"],
    [["--endpoint", "--role", "a"], "--endpoint needs a value"],
    [["--endpoint", ""], "--endpoint: expected a value"],
    [["--kill-grace", "-1s"], '--kill-grace: Cannot read "-1s" as a duration'],
    [["--no-std-out-err=5"], "--no-std-out-err takes no value"],
  ];
  for (const [args, message] of cases) assertThrows(() => parse(args), UsageError, message);
});

Deno.test("parseOptions() takes no option twice that is not to be repeated", () => {
  for (const args of [["--endpoint", "a", "--endpoint=b"], ["--mesosMaster=a", "--endpoint=b"]]) {
    assertThrows(() => parse(args), UsageError, "--endpoint is given more than once");
  }
});

Deno.test("parseOptions() takes values that look like options, and words after --", () => {
  assertEquals(parse(["--endpoint", "-"]).options.endpoint, "-");
  assertEquals(parse(["--endpoint", "-x"]).options.endpoint, "-x");
  assertEquals(parse(["--endpoint=--role=a=b"]).options.endpoint, "--role=a=b");
  assertEquals(parse(["a", "--", "--endpoint", "007"]).positional, ["a", "--endpoint", "007"]);
});

Deno.test("parseOptions() names unknown options as they were written", () => {
  assertThrows(() => parse(["-x"]), UsageError, "Unknown option -x; did you mean --");
  assertThrows(() => parse(["--x=5"]), UsageError, "Unknown option --x; did you mean --");
});

Deno.test("parseOptions() names the variable whose value is wrong", () => {
  const cases: [Record<string, string>, string][] = [
    [{ TOIL_MESOS_KILL_GRACE: "soon" }, 'TOIL_MESOS_KILL_GRACE: Cannot read "soon"'],
    [{ TOIL_MESOS_NO_STD_OUT_ERR: "maybe" }, "TOIL_MESOS_NO_STD_OUT_ERR: expected 1 or 0"],
  ];
  for (const [environment, message] of cases) {
    assertThrows(() => parse([], environment), UsageError, message);
  }
  assertEquals(parse([], { TOIL_MESOS_NO_STD_OUT_ERR: "no" }).options.noStdOutErr, false);
});

Deno.test("option schemas read what people write", () => {
  assertEquals(cores.parse("0.5"), 0.5);
  assertEquals(count.parse("12"), 12);
  assertEquals(logLevel.parse("warning"), "WARN");
  for (const wrong of ["", "x", "-1", "Infinity"]) {
    assertEquals(cores.safeParse(wrong).success, false);
  }
  for (const wrong of ["", "1.5", "-1", "1e3"]) assertEquals(count.safeParse(wrong).success, false);
});
