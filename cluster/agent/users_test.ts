import { assertEquals, assertMatch } from "@std/assert";
import { userError } from "./users.ts";

Deno.test("userError() has nothing against ourselves", () => {
  assertEquals(userError(String(Deno.uid())), undefined);
});

for (const user of ["", "no-such-user", "-u", "4294967294"]) {
  Deno.test(`userError() names "${user}", which is nobody`, () => {
    assertEquals(userError(user), `No such user '${user}'`);
  });
}

Deno.test("userError() refuses every other user, to root as well", () => {
  assertMatch(userError(Deno.uid() === 0 ? "nobody" : "root") ?? "", /^Operation not permitted: /);
});
