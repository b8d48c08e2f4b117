import { assertEquals } from "@std/assert";
import { TemporaryDirectory } from "../../resource/testing.ts";
import { readLines } from "./file_lines.ts";

Deno.test("readLines() gives lines, wherever the parts that are read end, and where the next begins", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("lines");
  const long = "ä".repeat(300_000);
  const texts = ["a", "", ...Array.from({ length: 5 }, (_, i) => `${i}${long}`), "größe"];
  await Deno.writeTextFile(path, texts.map((text) => `${text}\n`).join("") + "half");
  const lines = [...readLines(path)];
  assertEquals(lines.map(({ text }) => text), [...texts, "half"]);
  assertEquals(lines.map(({ isWhole }) => isWhole), [...texts.map(() => true), false]);
  const bytes = await Deno.readFile(path);
  assertEquals(new TextDecoder().decode(bytes.subarray(lines.at(-3)?.end)), "größe\nhalf");
  assertEquals(lines.at(-1)?.end, bytes.length);
});

Deno.test("readLines() keeps the start of a line that is no result", async () => {
  await using directory = await TemporaryDirectory.create();
  const path = directory.at("lines");
  await Deno.writeFile(path, new Uint8Array(8 * 2 ** 20).fill(0x78));
  assertEquals([...readLines(path)].map(({ text, end }) => [text.length, end]), [
    [2 ** 20, 8 * 2 ** 20],
  ]);
  await Deno.writeTextFile(path, "");
  assertEquals([...readLines(path)], []);
});
