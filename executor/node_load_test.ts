import { assert, assertEquals } from "@std/assert";
import { cpuCount } from "../support/cpu_count.ts";
import { busyShare, NodeLoadMeter, parseCpuTimes, parseMemory } from "./node_load.ts";

Deno.test("parseCpuTimes() counts neither idle time, nor waiting, nor guests twice", () => {
  const stat = "cpu  10 20 30 400 50 6 7 8 9 9\ncpu0 1 1 1 1\n";
  assertEquals(parseCpuTimes(stat), { busy: 81, total: 531 });
  assertEquals(parseCpuTimes("intr 1\n"), { busy: 0, total: 0 });
});

Deno.test("busyShare() is a share, also when clocks jump", () => {
  assertEquals(busyShare({ busy: 10, total: 100 }, { busy: 35, total: 200 }), 0.25);
  assertEquals(busyShare({ busy: 10, total: 100 }, { busy: 10, total: 100 }), 0);
  assertEquals(busyShare({ busy: 10, total: 100 }, { busy: 5, total: 200 }), 0);
});

Deno.test("parseMemory() reads total and available memory", () => {
  const meminfo = "MemTotal:       1000 kB\nMemFree:  100 kB\nMemAvailable:    400 kB\n";
  assertEquals(parseMemory(meminfo), { totalBytes: 1_024_000, availableBytes: 409_600 });
  assertEquals(parseMemory("MemTotal: 10 kB\nMemFree: 5 kB\n").availableBytes, 5120);
  assertEquals(parseMemory(""), { totalBytes: 0, availableBytes: 0 });
});

Deno.test("NodeLoadMeter.measure() gives the load since the last call", () => {
  const files: Record<string, string> = {
    "/proc/stat": "cpu 0 0 0 100 0 0 0 0\n",
    "/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 250 kB\n",
  };
  const meter = new NodeLoadMeter((path) => files[path]);
  files["/proc/stat"] = "cpu 50 0 0 150 0 0 0 0\n";
  assertEquals(meter.measure(3), {
    coresUsed: 0.5,
    coresTotal: cpuCount(),
    memoryUsed: 0.75,
    memoryTotal: 1_024_000,
    workers: 3,
  });
  assertEquals(meter.measure(0).coresUsed, 0);
});

Deno.test("NodeLoadMeter.measure() heeds the memory limit of the control group", () => {
  const files: Record<string, string> = {
    "/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 250 kB\n",
    "/proc/self/cgroup": "0::/\n",
    "/sys/fs/cgroup/memory.max": "1000\n",
    "/sys/fs/cgroup/memory.current": "100\n",
  };
  const { memoryUsed, memoryTotal } = new NodeLoadMeter((path) => files[path]).measure(0);
  assertEquals([memoryUsed, memoryTotal], [0.1, 1000]);
});

Deno.test("NodeLoadMeter.measure() measures this machine, and survives without any file", () => {
  const read = (path: string) => {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined;
    }
  };
  const { memoryUsed, memoryTotal } = new NodeLoadMeter(read).measure(0);
  assert(memoryTotal > 0 && memoryUsed > 0 && memoryUsed < 1);
  const none = new NodeLoadMeter(() => undefined).measure(1);
  assertEquals([none.coresUsed, none.memoryUsed, none.memoryTotal], [0, 0, 0]);
});
