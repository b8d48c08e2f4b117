import { assertEquals, assertRejects } from "@std/assert";
import { DirectoryStore } from "./directory_store.ts";
import { LazyDeployment } from "./lazy_deployment.ts";
import { Resource } from "./resource.ts";
import { TemporaryDirectory } from "./testing.ts";

async function pickledScript(directory: TemporaryDirectory): Promise<string> {
  await Deno.writeTextFile(directory.at("script"), "true");
  const store = new DirectoryStore(directory.at("store"));
  return (await Resource.create(store, directory.at("script"))).pickle();
}

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("LazyDeployment deploys as Deployment does, and clean() removes all of it", async () => {
  await using directory = await TemporaryDirectory.create();
  const deployment = new LazyDeployment(directory.at("root"));
  const { TOIL_MESOS_USER_SCRIPT = "" } = await deployment.environmentFor(
    await pickledScript(directory),
  );
  assertEquals(await Deno.readTextFile(TOIL_MESOS_USER_SCRIPT), "true");
  await deployment.clean();
  await deployment.clean();
  assertEquals(await isThere(directory.at("root")), false);
  const pickled = await pickledScript(directory);
  await assertRejects(() => deployment.environmentFor(pickled), Error, "removed");
});

Deno.test("clean() removes the directory of a deployment that was never used, and ends it", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("root/leftover"), { recursive: true });
  const deployment = new LazyDeployment(directory.at("root"));
  await deployment.clean();
  assertEquals(await isThere(directory.at("root")), false);
  const pickled = await pickledScript(directory);
  await assertRejects(() => deployment.environmentFor(pickled), Error, "removed");
});
