import { assertEquals } from "@std/assert";
import { frameworkRoles, isSubroleOf, roleError } from "./roles.ts";

Deno.test("roleError() knows Mesos' rules", () => {
  for (const role of ["*", "a", "a/b", "a-b", "ä"]) assertEquals(roleError(role), undefined);
  assertEquals(roleError("/a"), "Role '/a' cannot start with a slash");
  assertEquals(roleError("a/"), "Role 'a/' cannot end with a slash");
  assertEquals(roleError("a//b"), "Role 'a//b' cannot contain two adjacent slashes");
  assertEquals(roleError(""), "Role names cannot be the empty string");
  assertEquals(roleError("a/.."), "Role 'a/..' cannot include '..' as a component");
  assertEquals(roleError("a/*"), "Role 'a/*' cannot include '*' as a component");
});

Deno.test("isSubroleOf() follows the tree, not the letters", () => {
  assertEquals(isSubroleOf("a/b", "a"), true);
  assertEquals(isSubroleOf("a", "a"), false);
  assertEquals(isSubroleOf("ab", "a"), false);
});

Deno.test("frameworkRoles() depends on the capability", () => {
  const info = { user: "u", name: "n" };
  assertEquals(frameworkRoles(info), new Set(["*"]));
  assertEquals(frameworkRoles({ ...info, role: "a" }), new Set(["a"]));
  const capabilities = [{ type: "MULTI_ROLE" as const }];
  assertEquals(frameworkRoles({ ...info, capabilities }), new Set());
  assertEquals(frameworkRoles({ ...info, capabilities, roles: ["a", "b"] }), new Set(["a", "b"]));
});
