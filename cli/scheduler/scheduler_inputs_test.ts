import { assertEquals, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { parseOptions } from "../options/parse_options.ts";
import { readSchedulerInputs } from "./scheduler_inputs.ts";
import { SCHEDULER_OPTIONS } from "../options/scheduler_options.ts";
import { fakeSystem } from "../testing.ts";
import { UsageError } from "../../support/usage_error.ts";

const JOB = new TextEncoder().encode('{"command":"true"}\n');

function read(args: string[], environment: Record<string, string> = {}) {
  const { options } = parseOptions(SCHEDULER_OPTIONS, ["--jobs", "-", ...args], environment);
  const readStandardInput = () => Promise.resolve(JOB);
  return readSchedulerInputs(options, fakeSystem({ environment, readStandardInput }).system);
}

Deno.test("readSchedulerInputs() reads jobs from standard input", async () => {
  const { file, limits, access, environment } = await read([]);
  assertEquals(file.jobs.map(({ command }) => command), ["true"]);
  assertEquals(limits, { maxCores: Infinity, maxMemory: Infinity, maxDisk: Infinity });
  assertEquals(access, { credential: undefined, caCertificates: undefined });
  assertEquals(environment, []);
});

Deno.test("readSchedulerInputs() reads the limits", async () => {
  const { limits } = await read(["--max-cores", "2.5", "--max-memory=4Gi", "--max-disk=1T"]);
  assertEquals(limits, { maxCores: 2.5, maxMemory: 4 * 2 ** 30, maxDisk: 1e12 });
});

Deno.test("readSchedulerInputs() takes variables with their values, or the values of here", async () => {
  const given = ["A=1", "B=", "C=x=y", "HERE", "EMPTY", "D=two\nlines"];
  const here = { HERE: "of here", EMPTY: "" };
  const { environment } = await read(given.flatMap((text) => ["--set-env", text]), here);
  assertEquals(environment, [
    ["A", "1"],
    ["B", ""],
    ["C", "x=y"],
    ["HERE", "of here"],
    ["EMPTY", ""],
    ["D", "two\nlines"],
  ]);
  for (const wrong of ["=1", "MISSING"]) {
    await assertRejects(() => read(["--set-env", wrong], here), UsageError, "--set-env: ");
  }
});

Deno.test("readSchedulerInputs() reads who we are and whom we trust", async () => {
  await using directory = await TemporaryDirectory.create();
  const secret = directory.at("secret");
  await Deno.writeTextFile(secret, "hush\n", { mode: 0o600 });
  const ca = new URL("../../tests/tls/ca.pem", import.meta.url).pathname;
  const { access } = await read(["--principal=p", "--secret-file", secret, "--ca-file", ca]);
  assertEquals(access.credential, { principal: "p", secret: "hush" });
  assertEquals(access.caCertificates, await Deno.readTextFile(ca));
  assertEquals((await read(["--principal=p"])).access.credential, undefined);
});

Deno.test("readSchedulerInputs() refuses certificates that can't be read", async () => {
  await using directory = await TemporaryDirectory.create();
  const ca = await Deno.readTextFile(new URL("../../tests/tls/ca.pem", import.meta.url));
  const path = directory.at("ca.pem");
  const head = "-----BEGIN CERTIFICATE-----\n";
  for (const text of ["", head, `${head}bm9uZQ==\n-----END CERTIFICATE-----\n`, ca.slice(0, -40)]) {
    await Deno.writeTextFile(path, text);
    await assertRejects(() => read(["--ca-file", path]), UsageError, `Cannot use ${path}: `);
    await Deno.writeTextFile(path, ca + text);
    if (text !== "") await assertRejects(() => read(["--ca-file", path]), UsageError, path);
  }
});

Deno.test("readSchedulerInputs() makes the directory for the output of jobs", async () => {
  await using directory = await TemporaryDirectory.create();
  const logs = directory.at("deep", "logs");
  for (let i = 0; i < 2; i++) await read(["--batch-logs-dir", logs]);
  assertEquals((await Deno.stat(logs)).isDirectory, true);
});
