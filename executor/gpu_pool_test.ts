import { assertEquals, assertThrows } from "@std/assert";
import { GpuPool } from "./gpu_pool.ts";

Deno.test("GpuPool.acquire() never gives a GPU to two", () => {
  const pool = new GpuPool();
  pool.resize(4);
  const [first, second] = [pool.acquire(1), pool.acquire(2)];
  assertEquals([first, second], [[0], [1, 2]]);
  pool.release(first);
  assertEquals(pool.acquire(2), [0, 3]);
});

Deno.test("GpuPool.acquire() refuses what is not there and takes nothing then", () => {
  const pool = new GpuPool();
  assertThrows(() => pool.acquire(1), RangeError, "0 of 0 are free");
  pool.resize(2);
  assertThrows(() => pool.acquire(3), RangeError, "3 GPUs: 2 of 2 are free");
  assertEquals(pool.acquire(2), [0, 1]);
});
