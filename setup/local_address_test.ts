import { assertEquals } from "@std/assert";
import { getDefaultMesosEndpoint } from "../scheduler/mesos_options.ts";
import { localAddressTowards } from "./local_address.ts";

Deno.test("localAddressTowards() is the address of the way to the first master", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  for (const endpoint of [server, `http://${server}/`, `${server},10.0.0.1:5050`]) {
    assertEquals(await localAddressTowards(endpoint), "127.0.0.1");
  }
  assertEquals(
    await localAddressTowards(`zk://user:secret@${server},${server}/mesos`),
    "127.0.0.1",
  );
});

Deno.test("localAddressTowards() is an address of this host where there is no way", async () => {
  const address = getDefaultMesosEndpoint().replace(/:5050$/, "");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  assertEquals(await localAddressTowards(`127.0.0.1:${port}`), address);
  assertEquals(await localAddressTowards("http://"), address);
});
