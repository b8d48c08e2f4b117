import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { TemporaryDirectory } from "../resource/testing.ts";
import { UsageError } from "../support/usage_error.ts";
import { findCredential, keepSecret, publishSecret } from "./cluster_secret.ts";

const PORT = 5050;

/** The permission bits of a file. */
function modeOf(path: string): number {
  return (Deno.statSync(path).mode ?? 0) & 0o777;
}

Deno.test("keepSecret() makes a secret of its own for each work directory, and keeps it", async () => {
  await using directory = await TemporaryDirectory.create();
  await using other = await TemporaryDirectory.create();
  const { secret, path } = keepSecret(directory.path);
  assertMatch(secret, /^[0-9a-f]{64}$/);
  assertEquals([path, modeOf(path)], [directory.at("secret"), 0o600]);
  assertEquals(keepSecret(directory.path).secret, secret);
  assertNotEquals(keepSecret(other.path).secret, secret);
  const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name).sort();
  assertEquals(names, [".toil-mesos-private", "secret"]);
});

Deno.test("keepSecret() refuses a secret that others may read", async () => {
  await using directory = await TemporaryDirectory.create();
  const { path } = keepSecret(directory.path);
  await Deno.chmod(path, 0o644);
  assertThrows(() => keepSecret(directory.path), UsageError, "run chmod 600 on it");
});

Deno.test("publishSecret() lets findCredential() find a secret by the port until it is withdrawn", async () => {
  await using directory = await TemporaryDirectory.create();
  for (const environment of [{ XDG_RUNTIME_DIR: directory.path }, {}]) {
    const options = { environment, sharedDirectory: directory.path };
    const published = publishSecret(PORT, "s3cret", options);
    const [entry] = [...Deno.readDirSync(directory.path)];
    const path = directory.at(entry?.name ?? "", String(PORT));
    assertEquals([modeOf(path), modeOf(directory.at(entry?.name ?? ""))], [0o600, 0o700]);
    assertEquals(findCredential(PORT, options), { principal: "toil-mesos", secret: "s3cret" });
    assertEquals(findCredential(PORT + 1, options), undefined);
    published[Symbol.dispose]();
    assertEquals(findCredential(PORT, options), undefined);
    assertEquals([...Deno.readDirSync(directory.path)], []);
  }
});

Deno.test("publishSecret() leaves the secret of a later cluster at the port", async () => {
  await using directory = await TemporaryDirectory.create();
  const options = { environment: {}, sharedDirectory: directory.path };
  const published = publishSecret(PORT, "first", options);
  using _published = publishSecret(PORT, "second", options);
  published[Symbol.dispose]();
  assertEquals(findCredential(PORT, options)?.secret, "second");
});

Deno.test("the secret of a cluster that was killed is not believed, and goes with the next one", async () => {
  await using directory = await TemporaryDirectory.create();
  const options = { environment: {}, sharedDirectory: directory.path };
  const own = directory.at(`toil-mesos-${Deno.uid()}`);
  await Deno.mkdir(own, { mode: 0o700 });
  await Deno.writeTextFile(`${own}/${PORT}`, "s3cret", { mode: 0o600 });
  assertEquals(findCredential(PORT, options), undefined);
  using _published = publishSecret(PORT + 1, "other", options);
  assertEquals(findCredential(PORT + 1, options)?.secret, "other");
  assertEquals([...Deno.readDirSync(own)].map(({ name }) => name), [String(PORT + 1)]);
});

Deno.test("publishSecret() says why it can't, and leaves nothing", async () => {
  await using directory = await TemporaryDirectory.create();
  const options = { environment: {}, sharedDirectory: directory.path };
  using _published = publishSecret(PORT, "s3cret", options);
  const [{ name = "" } = {}] = [...Deno.readDirSync(directory.path)];
  const own = directory.at(name);
  await Deno.remove(`${own}/${PORT}`);
  await Deno.mkdir(`${own}/${PORT}`);
  assertThrows(
    () => publishSecret(PORT, "x", options),
    UsageError,
    `Cannot write ${own}/${PORT}: `,
  );
  assertEquals([...Deno.readDirSync(own)].map((each) => each.name), [String(PORT)]);
});

Deno.test("findCredential() finds the secret whether or not XDG_RUNTIME_DIR is set", async () => {
  await using directory = await TemporaryDirectory.create();
  await Deno.mkdir(directory.at("run"));
  const sharedDirectory = directory.path;
  using _published = publishSecret(PORT, "s3cret", { environment: {}, sharedDirectory });
  const environment = { XDG_RUNTIME_DIR: directory.at("run") };
  assertEquals(findCredential(PORT, { environment, sharedDirectory })?.secret, "s3cret");
});

Deno.test("a directory that is not this user's alone is neither written to nor believed", async () => {
  await using directory = await TemporaryDirectory.create();
  const own = directory.at(`toil-mesos-${Deno.uid()}`);
  const options = { environment: {}, sharedDirectory: directory.path };
  using _published = publishSecret(PORT, "s3cret", options);
  for (const mode of [0o755, 0o770, 0o701]) {
    await Deno.chmod(own, mode);
    assertEquals(findCredential(PORT, options), undefined);
    assertThrows(() => publishSecret(PORT, "x", options), UsageError, "this user's alone");
  }
  await Deno.chmod(own, 0o700);
  await Deno.rename(own, directory.at("elsewhere"));
  await Deno.symlink(directory.at("elsewhere"), own);
  assertEquals(findCredential(PORT, options), undefined);
  assertThrows(() => publishSecret(PORT, "x", options), UsageError, "this user's alone");
});

Deno.test("findCredential() does not believe a file that others may read", async () => {
  await using directory = await TemporaryDirectory.create();
  const options = { environment: {}, sharedDirectory: directory.path };
  using _published = publishSecret(PORT, "s3cret", options);
  await Deno.chmod(directory.at(`toil-mesos-${Deno.uid()}`, String(PORT)), 0o640);
  assertEquals(findCredential(PORT, options), undefined);
});
