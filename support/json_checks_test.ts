import { assertEquals, assertThrows } from "@std/assert";
import {
  type Check,
  count,
  JsonCheckError,
  list,
  number,
  object,
  oneOf,
  optional,
  positive,
  record,
  text,
} from "./json_checks.ts";

function refuses(check: Check<unknown>, ...values: unknown[]): void {
  for (const value of values) {
    assertThrows(() => check(value), JsonCheckError, "expected", JSON.stringify(value));
  }
}

Deno.test("a check returns what it lets pass, and refuses the rest", () => {
  assertEquals(text()(""), "");
  refuses(text(), undefined, null, 1, {}, []);
  assertEquals(number()(-1.5), -1.5);
  refuses(number(), undefined, null, "1", NaN, Infinity);
  assertEquals(count(0), 0);
  refuses(count, -1, 0.5, 2 ** 53, "1");
  assertEquals(positive(0.1), 0.1);
  refuses(positive, 0, -1, undefined);
  assertEquals(oneOf("a", "b")("b"), "b");
  refuses(oneOf("a", "b"), "c", undefined, ["a"]);
  assertEquals(optional(text())(undefined), undefined);
  refuses(optional(text()), null, 1);
  assertEquals(list(count)([1, 2]), [1, 2]);
  refuses(list(count), {}, "12", [1, "2"], undefined);
  assertEquals(record(text())({ a: "b" }), { a: "b" });
  refuses(record(text()), [], null, { a: 1 });
});

Deno.test("object() drops other fields and what is absent, and never looks at a prototype", () => {
  const check = object({ id: count, name: optional(text()) });
  assertEquals(check({ id: 1, newer: 2 }), { id: 1 });
  assertEquals(check({ id: 1, name: "n" }), { id: 1, name: "n" });
  refuses(check, {}, [], null, { id: "1" }, Object.create({ id: 1 }));
  refuses(object({ toString: text() }), {});
});

Deno.test("record() keeps names that objects have by themselves", () => {
  const value = JSON.parse('{"__proto__":"a","constructor":"b"}');
  assertEquals(Object.entries(record(text())(value)), [["__proto__", "a"], ["constructor", "b"]]);
});

Deno.test("an error names the field, and no value", () => {
  const check = object({ jobs: list(object({ environment: record(text()) })) });
  const secret = { jobs: [{ environment: {} }, { environment: { KEY: 5, OTHER: "hush" } }] };
  const error = assertThrows(() => check(secret), JsonCheckError);
  assertEquals(error.message, "field 'jobs.1.environment.KEY': expected a text");
  assertEquals(error.path, ["jobs", 1, "environment", "KEY"]);
});
