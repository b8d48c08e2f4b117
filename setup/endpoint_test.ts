import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";
import { authorization } from "../mesos/http/credential.ts";
import { publishSecret } from "./cluster_secret.ts";
import { defaultEndpoint, firstListening, openEndpoint, shareOfMachine } from "./endpoint.ts";
import { MEBIBYTE } from "../support/units.ts";
import { UsageError } from "../support/usage_error.ts";

Deno.test("openEndpoint() leaves a Mesos that is there alone", async () => {
  for (const endpoint of ["localhost", "local.example.org:5050", "m1,m2", "http://local"]) {
    await using opened = await openEndpoint(endpoint, { directory: "/nowhere" });
    assertEquals(opened.endpoint, endpoint);
  }
});

Deno.test("openEndpoint() starts a Mesos with as many agents as were asked for", async () => {
  for (const [endpoint, agents] of [["local", 1], ["local:3", 3]] as const) {
    await using directory = await TemporaryDirectory.create();
    let address;
    {
      await using opened = await openEndpoint(endpoint, { directory: directory.path });
      address = opened.endpoint;
      const headers = authorization(opened.credential);
      const state = await (await fetch(`http://${address}/state`, { headers })).json();
      assertEquals(state.slaves.length, agents);
    }
    await assertRejects(() => fetch(`http://${address}/state`), TypeError);
  }
});

Deno.test("openEndpoint() refuses agents by none, by half, and by the thousand", async () => {
  for (const count of ["", "0", "-1", "1.5", "two", "101", "5050"]) {
    await assertRejects(
      () => openEndpoint(`local:${count}`, { directory: "/nowhere" }),
      UsageError,
      "--endpoint",
    );
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

Deno.test("openEndpoint() finds the secret of this user's cluster, for this host alone", async () => {
  await using directory = await TemporaryDirectory.create();
  const runtime = { environment: { XDG_RUNTIME_DIR: directory.path } };
  using _published = publishSecret(5050, "s3cret", runtime);
  const find = async (endpoint: string) => {
    await using opened = await openEndpoint(endpoint, { directory: "/nowhere", runtime });
    return opened.credential?.secret;
  };
  for (const endpoint of ["127.0.0.1:5050", "localhost", "http://127.0.0.1:5050", "127.0.0.2"]) {
    assertEquals(await find(endpoint), "s3cret", endpoint);
  }
  const others = ["127.0.0.1:5051", "127.0.0.1.example.org", "10.0.0.1", "127.0.0.1,10.0.0.1"];
  for (const endpoint of [...others, "zk://127.0.0.1:5050/mesos", "127.0.0.1:5050@x", ""]) {
    assertEquals(await find(endpoint), undefined, endpoint);
  }
});

Deno.test("openEndpoint() finds the secret in a list of this host's addresses", async () => {
  await using directory = await TemporaryDirectory.create();
  const runtime = { environment: { XDG_RUNTIME_DIR: directory.path } };
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using _published = publishSecret(port, "s3cret", runtime);
  const find = async (endpoint: string) => {
    await using opened = await openEndpoint(endpoint, { directory: "/nowhere", runtime });
    return [opened.endpoint, opened.credential?.secret];
  };
  const same = `127.0.0.1:${port},http://localhost:${port}`;
  assertEquals(await find(same), [same, "s3cret"]);
  const withOther = `127.0.0.1:1,127.0.0.1:${port}`;
  assertEquals(await find(withOther), [withOther, "s3cret"]);
  // Of two clusters one does not listen.
  using _other = publishSecret(1, "other", runtime);
  assertEquals(await find(withOther), [`127.0.0.1:${port}`, "s3cret"]);
  assertEquals((await find(`127.0.0.1:${port},10.0.0.1`))[1], undefined);
});

Deno.test("openEndpoint() prefers the credential that the user gives", async () => {
  await using directory = await TemporaryDirectory.create();
  const runtime = { environment: { XDG_RUNTIME_DIR: directory.path } };
  using _published = publishSecret(5050, "s3cret", runtime);
  const credential = { principal: "me", secret: "mine" };
  const options = { directory: "/nowhere", runtime, credential };
  await using opened = await openEndpoint("127.0.0.1:5050", options);
  assertEquals(opened.credential, credential);
});

Deno.test("openEndpoint() that is interrupted leaves no Mesos behind", async () => {
  await using directory = await TemporaryDirectory.create();
  const interrupt = new AbortController();
  const opening = openEndpoint("local:3", { directory: directory.path, signal: interrupt.signal });
  interrupt.abort(new Error("interrupted"));
  await assertRejects(() => opening, Error, "interrupted");
});

Deno.test("firstListening() is the first place of several where anybody listens", async () => {
  using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  const [a, b, none] = [first, second, closed].map(({ addr }) => `127.0.0.1:${addr.port}`);
  assertEquals(await firstListening([none ?? "", b ?? "", a ?? ""]), b);
  assertEquals(await firstListening([none ?? ""]), undefined);
});

Deno.test("defaultEndpoint() is this host's address, or the loopback address where only that listens", async () => {
  const usual = getDefaultMesosEndpoint();
  const embedded = "127.0.0.1:5050";
  for (
    const [listening, expected] of [
      [[usual, embedded], usual],
      [[embedded], embedded],
      [[], usual],
    ] as const
  ) {
    const find = (endpoints: readonly string[]) =>
      Promise.resolve(
        endpoints.find((endpoint) => (listening as readonly string[]).includes(endpoint)),
      );
    assertEquals(await defaultEndpoint(find), expected);
  }
});
