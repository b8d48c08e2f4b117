import { assertEquals } from "@std/assert";
import { Fifo } from "./fifo.ts";

Deno.test("Fifo gives values in order, however many they are", () => {
  const fifo = new Fifo<number>();
  const taken: (number | undefined)[] = [];
  for (let i = 0; i < 5_000; i++) {
    fifo.push(2 * i);
    fifo.push(2 * i + 1);
    taken.push(fifo.shift());
  }
  assertEquals(fifo.last, 9_999);
  while (!fifo.isEmpty) taken.push(fifo.shift());
  assertEquals(taken, Array.from({ length: 10_000 }, (_, i) => i));
  assertEquals([fifo.shift(), fifo.last], [undefined, undefined]);
});
