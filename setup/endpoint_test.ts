import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";
import { openEndpoint, shareOfMachine } from "./endpoint.ts";
import { MEBIBYTE } from "../support/units.ts";
import { UsageError } from "../support/usage_error.ts";

Deno.test("openEndpoint() leaves a Mesos that is there alone", async () => {
  for (const endpoint of ["localhost", "local.example.org:5050", "m1,m2", "http://local"]) {
    await using opened = await openEndpoint(endpoint, "/nowhere");
    assertEquals(opened.endpoint, endpoint);
  }
  await using opened = await openEndpoint(undefined, "/nowhere");
  assertEquals(opened.endpoint, getDefaultMesosEndpoint());
});

Deno.test("openEndpoint() starts a Mesos with as many agents as were asked for", async () => {
  for (const [endpoint, agents] of [["local", 1], ["local:3", 3]] as const) {
    await using directory = await TemporaryDirectory.create();
    let address;
    {
      await using opened = await openEndpoint(endpoint, directory.path);
      address = opened.endpoint;
      const state = await (await fetch(`http://${address}/state`)).json();
      assertEquals(state.activated_slaves, agents);
    }
    await assertRejects(() => fetch(`http://${address}/state`), TypeError);
  }
});

Deno.test("openEndpoint() refuses agents by none, by half, and by the thousand", async () => {
  for (const count of ["", "0", "-1", "1.5", "two", "101", "5050"]) {
    await assertRejects(() => openEndpoint(`local:${count}`, "/nowhere"), UsageError, "--endpoint");
  }
});

Deno.test("shareOfMachine() is the same however full the disk is", async () => {
  await using directory = await TemporaryDirectory.create();
  const before = shareOfMachine(1, directory.path);
  await Deno.writeFile(directory.at("file"), new Uint8Array(8 * MEBIBYTE).fill(1));
  assertEquals(shareOfMachine(1, directory.path), before);
});

Deno.test("shareOfMachine() leaves every agent something to offer", () => {
  for (const agents of [1, 2, 1000]) {
    assertMatch(shareOfMachine(agents, "."), /^cpus:[1-9]\d*;mem:[1-9]\d*;disk:[1-9]\d*$/);
  }
});
