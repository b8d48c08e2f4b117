import { assertEquals } from "@std/assert";
import { MemoryCgroup } from "./memory_cgroup.ts";

function memoryCgroup(files: Record<string, string>): MemoryCgroup {
  return new MemoryCgroup((path) => files[path]);
}

const V1 = {
  "/proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/mesos/c1\n0::/\n",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
  "/sys/fs/cgroup/memory/mesos/memory.limit_in_bytes": "8000\n",
  "/sys/fs/cgroup/memory/mesos/c1/memory.limit_in_bytes": "4000\n",
  "/sys/fs/cgroup/memory/mesos/c1/memory.usage_in_bytes": "3000\n",
  "/sys/fs/cgroup/memory/mesos/c1/memory.stat": "cache 9\ntotal_inactive_file 1000\n",
  "/sys/fs/cgroup/memory/mesos/c1/memory.oom_control": "under_oom 0\noom_kill 2\n",
};

const V2 = {
  "/proc/self/cgroup": "0::/mesos/c1\n",
  "/sys/fs/cgroup/mesos/memory.max": "5000\n",
  "/sys/fs/cgroup/mesos/memory.current": "700\n",
  "/sys/fs/cgroup/mesos/memory.stat": "anon 1\ninactive_file 200\n",
  "/sys/fs/cgroup/mesos/c1/memory.max": "max\n",
  "/sys/fs/cgroup/mesos/c1/memory.events": "oom 9\noom_kill 3\noom_group_kill 7\n",
};

Deno.test("MemoryCgroup.limit() is the strictest of the group and its ancestors", () => {
  assertEquals(memoryCgroup(V1).limit(), { limitBytes: 4000, usedBytes: 2000 });
  assertEquals(memoryCgroup(V2).limit(), { limitBytes: 5000, usedBytes: 500 });
});

Deno.test("MemoryCgroup sees the root where its path is that of the host", () => {
  const group = memoryCgroup({
    "/proc/self/cgroup": "4:memory:/docker/abc\n",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "100\n",
    "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill 1\n",
  });
  assertEquals([group.limit(), group.oomKills()], [{ limitBytes: 100, usedBytes: 0 }, 1]);
});

Deno.test("MemoryCgroup.oomKills() counts those of the innermost group", () => {
  assertEquals(memoryCgroup(V1).oomKills(), 2);
  assertEquals(memoryCgroup(V2).oomKills(), 3);
});

Deno.test("MemoryCgroup needs no file", () => {
  assertEquals([memoryCgroup({}).limit(), memoryCgroup({}).oomKills()], [undefined, 0]);
  const bad = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "?" };
  assertEquals(memoryCgroup(bad).limit(), undefined);
});
