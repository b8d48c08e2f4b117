import { assertEquals } from "@std/assert";
import { isSubroleOf, roleError } from "./roles.ts";

Deno.test("roleError() knows Mesos' rules", () => {
  for (const role of ["*", "a", "a/b", "a-b", "ä", "...", "a*"]) {
    assertEquals(roleError(role), undefined, role);
  }
  for (const role of ["/a", "a/", "a//b", "", "a/..", "a/.", "a/*", "-a", "a/-b", "a b"]) {
    assertEquals(roleError(role), `Role '${role}' is invalid`);
  }
});

Deno.test("isSubroleOf() follows the tree, not the letters", () => {
  assertEquals(isSubroleOf("a/b", "a"), true);
  assertEquals(isSubroleOf("a", "a"), false);
  assertEquals(isSubroleOf("ab", "a"), false);
});
