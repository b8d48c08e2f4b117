import { assertEquals } from "@std/assert";
import { userError } from "./users.ts";

Deno.test("userError() has nothing against ourselves", () => {
  assertEquals(userError(String(Deno.uid())), undefined);
});

for (const user of ["", "no-such-user", "-u", "4294967294"]) {
  Deno.test(`userError() names "${user}", which is nobody`, () => {
    assertEquals(userError(user), `No such user '${user}'`);
  });
}

Deno.test("userError() lets root alone speak for others", () => {
  const isRoot = Deno.uid() === 0;
  const expected = isRoot ? undefined : "Operation not permitted";
  assertEquals(userError(isRoot ? "nobody" : "root"), expected);
});
