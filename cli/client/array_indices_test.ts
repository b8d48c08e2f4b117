import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../support/usage_error.ts";
import { parseArrayIndices } from "./array_indices.ts";

Deno.test("parseArrayIndices() reads ranges, lists and steps", () => {
  assertEquals(parseArrayIndices("1-4"), [1, 2, 3, 4]);
  assertEquals(parseArrayIndices("7,1,7"), [7, 1]);
  assertEquals(parseArrayIndices("0-20:5,3"), [0, 5, 10, 15, 20, 3]);
  assertEquals(parseArrayIndices("1-100000").length, 100_000);
});

Deno.test("parseArrayIndices() refuses what is no range, and too many", () => {
  for (const text of ["", "x", "3-1", "1-5:0", "1-", "-1", "1,,2", "1-100001", "99999999999"]) {
    assertThrows(() => parseArrayIndices(text), UsageError, "--array");
  }
});
