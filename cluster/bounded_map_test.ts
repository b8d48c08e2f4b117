import { assertEquals } from "@std/assert";
import { BoundedMap } from "./bounded_map.ts";

Deno.test("BoundedMap forgets what was set longest ago", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
  assertEquals([...map], [["a", 3], ["c", 4]]);
});
