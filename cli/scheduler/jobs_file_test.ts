import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { checkResourceRequest, type ResourceLimits } from "../../scheduler/core/requirements.ts";
import { parseJobsFile } from "./jobs_file.ts";
import { UsageError } from "../../support/usage_error.ts";

const NO_LIMITS = { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity };

const GIBIBYTE = 2 ** 30;

function parse(content: string | Uint8Array<ArrayBuffer>, limits: ResourceLimits = NO_LIMITS) {
  return parseJobsFile(typeof content === "string" ? new TextEncoder().encode(content) : content, {
    name: "jobs.jsonl",
    checkResourceRequest: (requirements) => checkResourceRequest(requirements, limits),
  });
}

/** What is said of a file with this one line. */
function complaint(line: string, limits?: ResourceLimits): string {
  const error = assertThrows(() => parse(line, limits), UsageError);
  const [head, problem = "", ...more] = error.message.split("\n");
  assertEquals(head, "Cannot run jobs.jsonl: 1 line is wrong, so nothing was run");
  assertEquals(more, []);
  assertStringIncludes(problem, "  line 1: ");
  return problem.slice("  line 1: ".length);
}

Deno.test("parseJobsFile() fills in what a job does not say", () => {
  assertEquals(parse('{"command":"true"}').jobs, [{
    command: "true",
    requirements: {
      jobName: "job-1",
      cores: 1,
      memory: 2 * GIBIBYTE,
      disk: 2 * GIBIBYTE,
      preemptible: false,
      accelerators: [],
      local: false,
    },
    jobEnvironment: {},
  }]);
});

Deno.test("parseJobsFile() takes all that a job says", () => {
  const job = {
    command: "sh count.sh",
    name: "größe 1",
    cores: 0.001,
    memory: "2 GiB",
    disk: 1024,
    preemptible: true,
    accelerators: [{ kind: "gpu", count: 2 }, { kind: "gpu" }],
    environment: { K: "8", EMPTY: "" },
    local: true,
    timeLimit: "90m",
    retries: 3,
  };
  assertEquals(parse(JSON.stringify(job)).jobs, [{
    command: "sh count.sh",
    requirements: {
      jobName: "größe 1",
      cores: 0.001,
      memory: 2 * GIBIBYTE,
      disk: 1024,
      preemptible: true,
      accelerators: [{ kind: "gpu", count: 2 }, { kind: "gpu", count: 1 }],
      local: true,
      timeLimitMs: 5_400_000,
      retries: 3,
    },
    jobEnvironment: { K: "8", EMPTY: "" },
  }]);
});

Deno.test("parseJobsFile() takes byte order mark, CR LF, blank lines and no newline at the end", () => {
  const { jobs } = parse('\ufeff{"command":"one"}\r\n\r\n  \n{"command":"four"}');
  assertEquals(jobs.map(({ command }) => command), ["one", "four"]);
  assertEquals(jobs.map(({ requirements }) => requirements.jobName), ["job-1", "job-4"]);
});

Deno.test("parseJobsFile() recognises UTF-16", () => {
  for (const mark of [[0xff, 0xfe], [0xfe, 0xff]]) {
    assertThrows(() => parse(new Uint8Array([...mark, 0x7b, 0])), UsageError, "it is UTF-16");
  }
});

Deno.test("parseJobsFile() lets jobs share a name", () => {
  const line = '{"command":"true","name":"same"}';
  assertEquals(parse(`${line}\n${line}\n`).jobs.length, 2);
});

Deno.test("parseJobsFile() knows a file by its content", () => {
  const digests = ['{"command":"a"}', '{"command":"a"}', '{"command":"b"}'].map((content) =>
    parse(content).digest
  );
  assertEquals(digests[0], digests[1]);
  assertEquals(digests[0] === digests[2], false);
});

Deno.test("parseJobsFile() says of each bad line which field is wrong, and why", () => {
  const size = "as a size: expected e.g. 2Gi, 500M or 1024";
  const cases: [string, string][] = [
    ['"name":"no command"', "field 'command': is missing"],
    ['"command":""', "field 'command': must not be empty"],
    ['"command":" \\n"', "field 'command': must not be empty"],
    ['"command":"a\\u0000b"', "field 'command': must not contain a NUL character"],
    ['"command":"a\\ud800"', "field 'command': must not contain a lone surrogate"],
    ['"command":5', "field 'command': must be a string"],
    ['"command":"a","comand":"b"', "unknown field 'comand'"],
    ['"command":"a","name":"a\\nb"', "field 'name': must not hold control characters"],
    ['"command":"a","name":"\\udc00"', "field 'name': must not contain a lone surrogate"],
    ['"command":"a","x\\n  line 9: y":"b"', "unknown field 'x\\n  line 9: y'"],
    ['"command":"a","cores":"2"', "field 'cores': must be a number"],
    ['"command":"a","cores":0.0005', "field 'cores': must be at least 0.001"],
    ['"command":"a","cores":-1', "field 'cores': must be at least 0.001"],
    [
      '"command":"a","cores":1e30',
      "field 'cores': Cannot run job \"job-1\": it asks for 1e+30 of cores, 1000000 is the most it can get",
    ],
    ['"command":"a","memory":-5', `field 'memory': Cannot read "-5" ${size}`],
    ['"command":"a","memory":1e30', `field 'memory': Cannot read "1e+30" ${size}`],
    ['"command":"a","memory":null', "field 'memory': must be a size: bytes, or e.g. 2Gi"],
    ['"command":"a","disk":"lots"', `field 'disk': Cannot read "lots" ${size}`],
    ['"command":"a","preemptible":"true"', "field 'preemptible': must be true or false"],
    ['"command":"a","local":1', "field 'local': must be true or false"],
    ['"command":"a","accelerators":{}', "field 'accelerators': must be a list"],
    ['"command":"a","accelerators":["gpu"]', "field 'accelerators.0': must be an object"],
    [
      '"command":"a","accelerators":[{"kind":"gpu","count":0}]',
      "field 'accelerators.0.count': must be at least 1",
    ],
    [
      '"command":"a","accelerators":[{"kind":"gpu","count":0.5}]',
      "field 'accelerators.0.count': must be an integer",
    ],
    [
      '"command":"a","environment":{"A=B":"c"}',
      "field 'environment.A=B': is not a name that shells accept: use letters, digits and _, " +
      "and no digit first",
    ],
    ['"command":"a","timeLimit":5', "field 'timeLimit': must be a duration, e.g. 30m"],
    ['"command":"a","timeLimit":"0s"', "field 'timeLimit': must be longer than 0"],
    [
      '"command":"a","timeLimit":"1000000000w"',
      "field 'timeLimit': Cannot read \"1000000000w\" as a duration: 10000w is the longest",
    ],
    ['"command":"a","retries":-1', "field 'retries': must be at least 0"],
    ['"command":"a","retries":0.5', "field 'retries': must be an integer"],
    ['"command":"a","retries":1001', "field 'retries': must be at most 1000"],
    ['"command":"a","environment":{"A":1}', "field 'environment.A': must be a string"],
    [
      '"command":"a","environment":{"A":"\\u0000"}',
      "field 'environment.A': must not contain a NUL character",
    ],
    [
      '"command":"","cores":"1"',
      "field 'command': must not be empty; field 'cores': must be a number",
    ],
  ];
  for (const [fields, expected] of cases) assertEquals(complaint(`{${fields}}`), expected);
});

Deno.test("parseJobsFile() knows a document that was formatted for people", () => {
  for (const document of [{ command: "true" }, [{ command: "true" }, { command: "false" }]]) {
    const error = assertThrows(() => parse(JSON.stringify(document, null, 2)), UsageError);
    assertStringIncludes(error.message, "one JSON document over several lines");
  }
});

Deno.test("parseJobsFile() refuses lines that are no JSON objects, or no UTF-8", () => {
  for (const line of ["[]", "5", "null", '"text"', "true"]) {
    assertEquals(complaint(line), "must be an object");
  }
  for (const line of ['{"command":"a"', '{"command":"a"} {"command":"b"}', "command: a"]) {
    assertStringIncludes(complaint(line), "not JSON: ");
  }
  const latin1 = Uint8Array.from('{"command":"größe"}', (character) => character.charCodeAt(0));
  assertThrows(() => parse(latin1), UsageError, "line 1: not UTF-8");
});

Deno.test("parseJobsFile() refuses what is beyond the limits, by field", () => {
  const limits = { maxCores: 2, maxMemory: GIBIBYTE, maxDisk: GIBIBYTE };
  const cases: [string, string][] = [
    ['"cores":3,"memory":"1Mi","disk":"1Mi"', "field 'cores': "],
    ['"cores":1,"memory":"2Gi","disk":"1Mi"', "field 'memory': "],
    ['"cores":1,"memory":"1Mi","disk":"2Gi"', "field 'disk': "],
    [
      '"memory":"1Mi","disk":"1Mi","accelerators":[{"kind":"tpu"}]',
      "field 'accelerators': ",
    ],
  ];
  for (const [fields, expected] of cases) {
    assertStringIncludes(complaint(`{"command":"true",${fields}}`, limits), expected);
  }
});

Deno.test("parseJobsFile() refuses commands and values that no program can be given", () => {
  const longest = "ä".repeat(65_535) + "x";
  const reason = "must not be longer than 131071 bytes";
  assertEquals(parse(JSON.stringify({ command: longest })).jobs[0]?.command, longest);
  assertEquals(complaint(JSON.stringify({ command: `${longest}x` })), `field 'command': ${reason}`);
  const environment = { A: longest };
  assertEquals(
    complaint(JSON.stringify({ command: "true", environment })),
    `field 'environment.A': ${reason}, name and = included`,
  );
  const value = "x".repeat(131_000);
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`A${i}`, value]));
  assertStringIncludes(
    complaint(JSON.stringify({ command: "true", environment: many })),
    "command and variables must not be longer than 1572864 bytes together",
  );
});

Deno.test("parseJobsFile() names every bad line, and only those", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => i % 2 === 0 ? "{}" : '{"command":"true"}');
  const error = assertThrows(() => parse(lines.join("\n")), UsageError);
  const [head, ...named] = error.message.split("\n");
  assertEquals(head, "Cannot run jobs.jsonl: 500 lines are wrong, so nothing was run");
  const numbers = named.map((line) => Number(/^ {2}line (\d+): /.exec(line)?.[1]));
  assertEquals(numbers, Array.from({ length: 500 }, (_, i) => 2 * i + 1));
});

Deno.test("parseJobsFile() cuts reasons that quote without end", () => {
  const endless = "x".repeat(100_000);
  for (
    const job of [{ command: "true", [endless]: 1 }, { command: "true", memory: endless }]
  ) {
    assertMatch(complaint(JSON.stringify(job)), /^.{10,1000}x…$/);
  }
});

Deno.test("parseJobsFile() refuses a file without jobs", () => {
  for (const content of ["", "\n", "\r\n\r\n", "\ufeff"]) {
    assertThrows(
      () => parse(content),
      UsageError,
      "Cannot run jobs.jsonl: it contains no jobs",
    );
  }
});

Deno.test("parseJobsFile() names keys that are given twice, and __proto__", () => {
  const cases: [string, string][] = [
    ['{"command":"true","command":"false"}', "field 'command': is given twice"],
    ['{"command":"true","environment":{"A":"1","A":"2"}}', "field 'environment.A': is given twice"],
    ['{"command":"true","__proto__":{"cores":1}}', "field '__proto__': is not a valid name"],
    [
      '{"command":"true","environment":{"__proto__":"x"}}',
      "field 'environment.__proto__': is not a valid name",
    ],
  ];
  for (const [line, expected] of cases) assertEquals(complaint(line), expected);
});

Deno.test("parseJobsFile() passes over millions of empty lines, and counts them", () => {
  const blanks = new Uint8Array(10_000_000).fill(0x0a);
  const content = new Uint8Array([...new TextEncoder().encode('{"command":"a"}\n')]);
  const job = new TextEncoder().encode('{"command":"b"}');
  const all = new Uint8Array(content.length + blanks.length + job.length);
  all.set(content);
  all.set(blanks, content.length);
  all.set(job, content.length + blanks.length);
  assertEquals(parse(all).jobs.map(({ requirements }) => requirements.jobName), [
    "job-1",
    "job-10000002",
  ]);
});

Deno.test("parseJobsFile() bounds lines, names, jobs and what is said of bad lines", () => {
  const longLine = JSON.stringify({ command: "true", name: "n".repeat(17 * 2 ** 20) });
  assertEquals(complaint(longLine), "longer than 16777216 bytes");
  const longName = JSON.stringify({ command: "true", name: "n".repeat(1001) });
  assertEquals(complaint(longName), "field 'name': must not be longer than 1000 characters");
  const bad = assertThrows(() => parse("y\n".repeat(1_000_000)), UsageError);
  const [head, ...named] = bad.message.split("\n");
  assertEquals(head, "Cannot run jobs.jsonl: at least 10000 lines are wrong, so nothing was run");
  assertEquals(named.length, 10_000);
});
