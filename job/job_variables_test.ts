import { assertEquals } from "@std/assert";
import {
  fitsArgument,
  MAX_ARGUMENT_BYTES,
  MAX_JOB_TEXT_BYTES,
  totalProblem,
  variableProblem,
} from "./job_variables.ts";

Deno.test("variableProblem() lets pass what every shell hands on", () => {
  for (const name of ["A", "_", "a_1", "LONG_NAME_2"]) {
    for (const value of ["", " ", "a=b", "ü\n$(x)"]) {
      assertEquals(variableProblem(name, value), undefined);
    }
  }
});

Deno.test("variableProblem() refuses names that shells drop", () => {
  for (const name of ["", "my.key", "1A", "a-b", "a b", "A=B", "BASH_FUNC_x%%", "ä", "A\n"]) {
    assertEquals(variableProblem(name, "")?.startsWith("is not a name"), true, name);
  }
});

Deno.test("variableProblem() counts name and value together, in bytes", () => {
  const fitting = "x".repeat(MAX_ARGUMENT_BYTES - 2);
  assertEquals(variableProblem("A", fitting), undefined);
  assertEquals(variableProblem("AB", fitting)?.startsWith("must not be longer"), true);
  assertEquals(fitsArgument("ä".repeat(MAX_ARGUMENT_BYTES / 2 + 1)), false);
});

Deno.test("totalProblem() counts command and variables together", () => {
  const value = "x".repeat(100_000);
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`A${i}`, value]));
  const fitting = Math.floor(MAX_JOB_TEXT_BYTES / 100_100);
  assertEquals(totalProblem("true", many(fitting)), undefined);
  assertEquals(typeof totalProblem("true", many(fitting + 1)), "string");
});
