import { assert, assertEquals } from "@std/assert";
import { countCpus, cpuCount } from "./cpu_count.ts";

const cases: [string, Record<string, string>, number][] = [
  ["no limit", {}, 8],
  ["affinity", { "/proc/self/status": "Name:\tx\nCpus_allowed_list:\t0-2,6\n" }, 4],
  ["v1 quota, rounded up", {
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "250000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  }, 3],
  ["v1 without a quota", {
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
  }, 8],
  ["v1 quota of the own group", {
    "/proc/self/cgroup": "4:cpu,cpuacct:/mesos/abc\n1:name=systemd:/x\n",
    "/sys/fs/cgroup/cpu,cpuacct/mesos/abc/cpu.cfs_quota_us": "150000\n",
    "/sys/fs/cgroup/cpu,cpuacct/mesos/abc/cpu.cfs_period_us": "100000\n",
  }, 2],
  ["v2 quota", { "/sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
  ["v2 without a quota", { "/sys/fs/cgroup/cpu.max": "max 100000\n" }, 8],
  ["v2 quota of an ancestor", {
    "/proc/self/cgroup": "0::/a/b/c\n",
    "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
    "/sys/fs/cgroup/a/b/c/cpu.max": "max 100000\n",
  }, 2],
  ["the least of all", {
    "/proc/self/status": "Cpus_allowed_list:\t0-3\n",
    "/sys/fs/cgroup/cpu.max": "300000 100000\n",
  }, 3],
  ["files that make no sense", {
    "/proc/self/status": "garbage",
    "/proc/self/cgroup": "garbage\n\n",
    "/sys/fs/cgroup/cpu.max": "garbage",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "garbage",
  }, 8],
];

for (const [name, files, expected] of cases) {
  Deno.test(`countCpus() with ${name}`, () => {
    assertEquals(countCpus(8, (path) => files[path]), expected);
  });
}

Deno.test("cpuCount() is at least one and no more than the machine has", () => {
  assert(cpuCount() >= 1 && cpuCount() <= navigator.hardwareConcurrency);
});
