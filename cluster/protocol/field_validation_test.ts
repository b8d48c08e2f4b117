import { assertEquals } from "@std/assert";
import { idError, uuidError } from "./field_validation.ts";

Deno.test("idError() knows Mesos' rules", () => {
  assertEquals(idError("a b.c:ü"), undefined);
  assertEquals(idError(""), "ID must not be empty");
  assertEquals(idError("x".repeat(256)), "ID must not be greater than 255 characters");
  assertEquals(idError(".."), "'..' is disallowed");
  for (const id of ["a/b", "a\\b", "a\nb", "a\x7f"]) {
    assertEquals(idError(id), `'${id}' contains invalid characters`);
  }
});

Deno.test("uuidError() wants sixteen bytes with a version", () => {
  const uuid = Uint8Array.fromHex(crypto.randomUUID().replaceAll("-", ""));
  assertEquals(uuidError(uuid), undefined);
  const versionless = uuid.slice();
  versionless[6] = 0xf0;
  assertEquals(uuidError(versionless), "Not a valid UUID");
  assertEquals(uuidError(uuid.slice(1)), "Not a valid UUID");
});
