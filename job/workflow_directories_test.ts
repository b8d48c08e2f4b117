import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readNodeId, workflowDirectories, workflowDirectoryName } from "./workflow_directories.ts";

const info = { workflowID: "w", cleanWorkDir: "always" } as const;

Deno.test("workflowDirectoryName() is the version 5 UUID of the workflow on the node", async () => {
  // The name space of domain names and the example of RFC 9562, appendix A.4.
  const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
  assertEquals(
    await workflowDirectoryName(dns, "www.example.com"),
    "toilwf-2ed6657de927568b95e12665a8aea6a2",
  );
  assertEquals(
    await workflowDirectoryName(dns.replaceAll("-", ""), "www.example.com"),
    await workflowDirectoryName(dns, "www.example.com"),
  );
});

Deno.test("workflowDirectoryName() repeats an id that is too short and refuses others", async () => {
  const name = await workflowDirectoryName("abc-123", "w");
  assertMatch(name, /^toilwf-[0-9a-f]{32}$/);
  assertEquals(name, await workflowDirectoryName("abc123".repeat(6).slice(0, 32), "w"));
  for (const id of ["", "node-one", "0".repeat(33)]) {
    await assertRejects(() => workflowDirectoryName(id, "w"), RangeError, "the node's id");
  }
});

Deno.test("readNodeId() takes the first file that holds one word", () => {
  const files: Record<string, string> = { "/proc/sys/kernel/random/boot_id": "b-1\n" };
  assertEquals(readNodeId((path) => files[path]), "b-1");
  files["/var/lib/dbus/machine-id"] = "two words\n";
  assertEquals(readNodeId((path) => files[path]), "b-1");
  files["/var/lib/dbus/machine-id"] = " m \nx\n";
  assertEquals(readNodeId((path) => files[path]), "m");
  assertEquals(readNodeId(() => undefined), undefined);
});

Deno.test("workflowDirectories() puts work where the workers did", () => {
  const work = (workDir: string | undefined, environment: Record<string, string>) =>
    workflowDirectories({ ...info, workDir }, environment, "n").workDirectory;
  const environment = { TOIL_WORKDIR: "/env", TMPDIR: "/t" };
  assertEquals(work("/info", { ...environment, TOIL_WORKDIR_OVERRIDE: "/o" }), "/o/n");
  assertEquals(work("/info", environment), "/info/n");
  assertEquals(work(undefined, environment), "/env/n");
  assertEquals(work(undefined, { TMPDIR: "/t", TOIL_WORKDIR: "" }), "/t/n");
  assertEquals(work(undefined, {}), "/tmp/n");
});

Deno.test("workflowDirectories() looks for coordination in every place it may be", () => {
  const coordination = (coordinationDir: string | undefined, env: Record<string, string>) =>
    workflowDirectories({ ...info, coordinationDir }, env, "n").coordinationDirectories;
  const environment = { TOIL_COORDINATION_DIR: "/env", XDG_RUNTIME_DIR: "/x", TEMP: "/t" };
  const override = { ...environment, TOIL_COORDINATION_DIR_OVERRIDE: "/o" };
  assertEquals(coordination("/info", override), ["/o/n"]);
  assertEquals(coordination("/info", environment), ["/info/n"]);
  assertEquals(coordination(undefined, environment), ["/env/n"]);
  assertEquals(
    coordination(undefined, { XDG_RUNTIME_DIR: "/x", TEMP: "/t" }),
    ["/x/toil/n", "/run/lock/n", "/t/n", "/tmp/n", "/var/tmp/n", "/usr/tmp/n"],
  );
});
