import { assertEquals } from "@std/assert";
import { reasonOf } from "./reason.ts";

Deno.test("reasonOf() leaves out numbers and calls of the runtime", async () => {
  const missing = await Deno.readTextFile("/nowhere/at/all").catch((error) => error);
  assertEquals(reasonOf(missing), "No such file or directory");
  const isDirectory = await Deno.readFile("/").catch((error) => error);
  assertEquals(reasonOf(isDirectory), "Is a directory");
});

Deno.test("reasonOf() keeps the text of other errors, and takes anything that was thrown", () => {
  assertEquals(reasonOf(new TypeError("no such thing (os x)")), "no such thing (os x)");
  assertEquals(reasonOf("plain"), "plain");
});
