import { assertEquals, assertThrows } from "@std/assert";
import { InputQueue } from "./input_queue.ts";

Deno.test("InputQueue handles what comes meanwhile afterwards", () => {
  const log: string[] = [];
  const queue = new InputQueue<string>((input) => {
    log.push(`begin ${input}`);
    if (input === "a") queue.push("b");
    log.push(`end ${input}`);
  });
  queue.push("a");
  assertEquals(log, ["begin a", "end a", "begin b", "end b"]);
});

Deno.test("InputQueue goes on after an input that could not be handled", () => {
  const log: string[] = [];
  const queue = new InputQueue<string>((input) => {
    if (input === "bad") throw new Error("bad");
    log.push(input);
  });
  assertThrows(() => queue.push("bad"), Error, "bad");
  queue.push("good");
  assertEquals(log, ["good"]);
});
