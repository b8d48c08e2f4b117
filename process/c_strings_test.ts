import { assertEquals, assertThrows } from "@std/assert";
import { cString, stringVector } from "./c_strings.ts";

function textsOf(vector: Uint8Array<ArrayBuffer>, count: number): string[] {
  const pointers = new BigUint64Array(vector.buffer, 0, count + 1);
  assertEquals(pointers[count], 0n);
  return [...pointers.subarray(0, count)].map((address) => {
    const pointer = Deno.UnsafePointer.create(address);
    return pointer ? Deno.UnsafePointerView.getCString(pointer) : "NULL";
  });
}

Deno.test("cString() ends a text with a NUL", () => {
  assertEquals([...cString("é")], [0xc3, 0xa9, 0]);
  assertEquals([...cString("")], [0]);
});

Deno.test("stringVector() points to each text and ends with NULL", () => {
  for (const texts of [[], [""], ["a", "", "π=3", "x".repeat(100_000)]]) {
    assertEquals(textsOf(stringVector(texts), texts.length), texts);
  }
});

Deno.test("stringVector() refuses a NUL and says nothing of the text", () => {
  for (const text of ["\0", "hush\0", "\0hush", "hush\0hush"]) {
    const error = assertThrows(() => stringVector(["a", text]), TypeError);
    assertEquals(error.message.includes("hush"), false);
    assertThrows(() => cString(text), TypeError);
  }
});
