import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { findBadKey } from "./json_keys.ts";

Deno.test("findBadKey() names keys that are given twice, however they are written", () => {
  const cases: [string, string | undefined][] = [
    ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}', undefined],
    ['{"a":"a","b":"a,\\"b\\":{"}', undefined],
    ['{"a":1, "a" :2}', "field 'a': is given twice"],
    ['{"\\u0061":1,"a":2}', "field 'a': is given twice"],
    ['{"x":{"a\\\\":1,"a\\\\":2}}', "field 'x.a\\': is given twice"],
    ['{"l":[{"a":1,"a":2}]}', "field 'l.a': is given twice"],
    ['{"x":[[1],{}],"x":2}', "field 'x': is given twice"],
    ['{"__proto__":{}}', "field '__proto__': is not a valid name"],
    ['{"e":{"\\u005f_proto__":"x"}}', "field 'e.__proto__': is not a valid name"],
    ['["a","a",{"a":"a"}]', undefined],
    ['"a"', undefined],
  ];
  for (const [json, expected] of cases) assertEquals(findBadKey(json), expected, json);
});

Deno.test("findBadKey() finds nothing in what JSON.stringify() writes", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const json = JSON.stringify(value);
    if (!json.includes("__proto__")) assertEquals(findBadKey(json), undefined);
  }));
});

Deno.test("findBadKey() takes time in proportion to a text, however deep it is", () => {
  const levels = 500_000;
  const deep = `${'{"a":'.repeat(levels)}{"b":1,"b":2}${"}".repeat(levels)}`;
  assertEquals(findBadKey(deep)?.endsWith(".b': is given twice"), true);
});
