import { assertEquals, assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { readMesosAccess } from "./mesos_access.ts";

const CA_FILE = new URL("../tests/tls/ca.pem", import.meta.url).pathname;

Deno.test("readMesosAccess() reads credential and certificates", async () => {
  await using directory = await TemporaryDirectory.create();
  const secretFile = directory.at("secret");
  await Deno.writeTextFile(secretFile, "hush\n", { mode: 0o600 });
  const access = readMesosAccess({ principal: "p", secretFile, caFile: CA_FILE });
  assertEquals(access.credential, { principal: "p", secret: "hush" });
  assertEquals(access.caCertificates, await Deno.readTextFile(CA_FILE));
  assertEquals(readMesosAccess({ principal: "p" }).credential, undefined);
  assertEquals(readMesosAccess({}), { credential: undefined, caCertificates: undefined });
});

Deno.test("readMesosAccess() refuses a secret without a principal", () => {
  assertThrows(() => readMesosAccess({ secretFile: "s" }), UsageError, "--principal");
});

Deno.test("readMesosAccess() refuses certificates that can't be read", async () => {
  await using directory = await TemporaryDirectory.create();
  const ca = await Deno.readTextFile(CA_FILE);
  const caFile = directory.at("ca.pem");
  const read = () => readMesosAccess({ caFile });
  const head = "-----BEGIN CERTIFICATE-----\n";
  for (const text of ["", head, `${head}bm9uZQ==\n-----END CERTIFICATE-----\n`, ca.slice(0, -40)]) {
    await Deno.writeTextFile(caFile, text);
    assertThrows(read, UsageError, `Cannot use ${caFile}: `);
    await Deno.writeTextFile(caFile, ca + text);
    if (text !== "") assertThrows(read, UsageError, caFile);
  }
});
