import { assertEquals } from "@std/assert";
import { addMarks, MARKS_VARIABLE, parseMarks } from "./marks.ts";

Deno.test("addMarks() keeps the environment and the marks of outer owners", () => {
  const outer = addMarks({ A: "1" }, ["a"]);
  const inner = addMarks(outer, ["b", "c"]);
  assertEquals(outer, { A: "1", [MARKS_VARIABLE]: "a" });
  assertEquals(inner, { A: "1", [MARKS_VARIABLE]: "a:b:c" });
});

Deno.test("parseMarks() reads the marks of a process, and none where there are none", () => {
  assertEquals(parseMarks(`PATH=/bin\0${MARKS_VARIABLE}=a:b\0X=\0`), ["a", "b"]);
  assertEquals(parseMarks(`PATH=/bin\0X=${MARKS_VARIABLE}=a\0`), []);
  assertEquals(parseMarks(""), []);
});
